import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import command from "@pulumi/command";
import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import { gateJob } from "../kubernetes/gateJob.ts";
import type { Namespace } from "../kubernetes/namespace.ts";

/** The text of reach.sh. The rehearsal recognises the gate by it. */
export const reachScript = readFileSync(new URL("reach.sh", import.meta.url), "utf8");

/** Labels of the gate's pod, which may connect to the Gateway. */
export const reachLabels = { "lab.home/gate": "reach" } as const;

/** What the gates take from the configuration, as plain data. */
export interface GatewayChecksPlan {
  readonly domain: string;
  /** The Gateway's address. */
  readonly address: string;
  /**
   * The certificate authority that curl must trust: the lab's own, one of the system's, or none for the staging directory
   * of a public one, which no client trusts.
   */
  readonly trust: "authority" | "system" | "none";
  /** A rebuilt cluster may have a Gateway at the same address: another revision runs the gate again. */
  readonly clusterRevision: number;
}

export function gatewayChecksPlan({ config }: Pick<Lab, "config">): GatewayChecksPlan {
  const { issuer, acme } = config.certificates;
  return {
    domain: config.domain,
    address: config.cluster.ingressAddress,
    trust: issuer === "selfSigned" ? "authority" : acme?.directory === "staging" ? "none" : "system",
    clusterRevision: config.cluster.revision,
  };
}

export interface ReachFromOutsideArgs {
  readonly plan: GatewayChecksPlan;
  /** The certificate of the lab's own authority in PEM; undefined where ACME signs. */
  readonly authority: pulumi.Output<string> | undefined;
}

export interface ReachFromPodArgs extends ReachFromOutsideArgs {
  readonly provider: kubernetes.Provider;
  /** The namespace of the gate's pod. */
  readonly namespace: Namespace;
}

/** Environment of reach.sh. `names`: whether names resolve by the cluster's DNS or at the Gateway's address. */
function reachEnvironment(
  { domain, address, trust }: GatewayChecksPlan,
  names: "cluster" | "anywhere",
  authorityFile: string,
): Readonly<Record<string, string>> {
  return {
    DOMAIN: domain,
    ADDRESS: address,
    NAMES: names,
    WAIT_SECONDS: "300",
    TRUST: trust === "authority" ? authorityFile : trust,
  };
}

/** A gate that fetches the Gateway from the machine that runs `pulumi up`. */
export function reachFromOutside(
  name: string,
  { plan, authority }: ReachFromOutsideArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  // curl reads an authority from a file only. The file is deleted when the gate ends.
  const run = [
    "authority=$(mktemp)",
    `trap 'rm -f "$authority"' EXIT`,
    `printf '%s' "$AUTHORITY" > "$authority"`,
    `[ "$TRUST" != '$authority' ] || TRUST=$authority`,
    "export TRUST",
    "sh -s",
  ].join("; ");
  return new command.local.Command(
    name,
    {
      create: run,
      update: run,
      stdin: reachScript,
      environment: { ...reachEnvironment(plan, "anywhere", "$authority"), AUTHORITY: authority ?? "" },
      interpreter: ["/bin/sh", "-c"],
      triggers: [sha256(reachScript), String(plan.clusterRevision)],
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, { customTimeouts: { create: "8m", update: "8m" } }),
  );
}

/** A gate that fetches the Gateway by name from a pod, with the cluster's own DNS (N7). */
export function reachFromPod(
  name: string,
  { plan, authority, provider, namespace }: ReachFromPodArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return gateJob(
    name,
    {
      provider,
      namespace,
      labels: reachLabels,
      name: "reach",
      script: reachScript,
      files: { "authority.pem": authority ?? "" },
      environment: reachEnvironment(plan, "cluster", "/gate/authority.pem"),
    },
    opts,
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
