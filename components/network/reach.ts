import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import command from "@pulumi/command";
import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { gateLabel } from "../../catalog/annotations.ts";
import type { Lab } from "../../config/lab.ts";
import { gateJob } from "../kubernetes/gateJob.ts";
import type { Namespace } from "../kubernetes/namespace.ts";

const scriptUrl = new URL("reach.sh", import.meta.url);

/** What reach.sh needs to know, beside whom it trusts. */
function reachEnvironment(lab: Lab, names: "cluster" | "anywhere"): Readonly<Record<string, string>> {
  const { domain, cluster } = lab.config;
  return { DOMAIN: domain, ADDRESS: cluster.ingressAddress, NAMES: names, WAIT_SECONDS: "300" };
}

/** Whom a client has to trust: nobody can trust the staging directory of a public authority. */
function trust(lab: Lab, authorityFile: string): string {
  const { issuer, acme } = lab.config.certificates;
  if (issuer === "selfSigned") return authorityFile;
  return acme?.directory === "staging" ? "none" : "system";
}

/** Fetches the Gateway from the machine that runs `up`. */
export function reachFromOutside(
  lab: Lab,
  authority: pulumi.Output<string> | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const script = readFileSync(scriptUrl, "utf8");
  const environment = {
    ...reachEnvironment(lab, "anywhere"),
    TRUST: trust(lab, "$authority"),
    AUTHORITY: authority ?? "",
  };
  // curl takes an authority from a file, which lives as long as the gate.
  const run = [
    "authority=$(mktemp)",
    `trap 'rm -f "$authority"' EXIT`,
    `printf '%s' "$AUTHORITY" > "$authority"`,
    `[ "$TRUST" != '$authority' ] || TRUST=$authority`,
    "export TRUST",
    "sh -s",
  ].join("; ");
  return new command.local.Command(
    "reach-from-outside",
    {
      create: run,
      update: run,
      stdin: script,
      environment,
      interpreter: ["/bin/sh", "-c"],
      // Another cluster's Gateway may have the same address.
      triggers: [sha256(script), String(lab.config.cluster.revision)],
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions(opts, { customTimeouts: { create: "8m", update: "8m" } }),
  );
}

/** Fetches the Gateway by name from a pod, with the cluster's own DNS (N7). */
export function reachFromPod(
  lab: Lab,
  args: {
    readonly provider: kubernetes.Provider;
    readonly namespace: Namespace;
    readonly authority: pulumi.Output<string> | undefined;
  },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return gateJob(
    "reach-from-pod",
    {
      provider: args.provider,
      namespace: args.namespace,
      labels: reachLabels,
      name: "reach",
      script: readFileSync(scriptUrl, "utf8"),
      files: { "authority.pem": args.authority ?? "" },
      environment: { ...reachEnvironment(lab, "cluster"), TRUST: trust(lab, "/gate/authority.pem") },
    },
    opts,
  );
}

/** The pods that may leave the Gateway's namespace for the Gateway itself. */
export const reachLabels = { [gateLabel]: "reach" } as const;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
