import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import { versionedJobName } from "../../config/names.ts";
import { hardenedContainer, podSecurityContext } from "./hardened.ts";
import type { Namespace } from "./namespace.ts";

/** A gate that looks at the cluster from a pod: one script, run once for everything that it looks at. */
export interface GateJobArgs {
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  /** What network policies know its pod by. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its name in the cluster. */
  readonly name: string;
  /** POSIX sh and curl: a pod has no more. */
  readonly script: string;
  /** Files beside the script, under /gate. */
  readonly files?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly environment: Readonly<Record<string, string>>;
  /** What it looks at beside script and environment: it runs again when one of them changes. */
  readonly versions?: readonly string[];
}

/** Runs a gate's script in a pod, and waits until it has let everything pass. */
export function gateJob(
  resourceName: string,
  args: GateJobArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { name, namespace, script, environment } = args;
  const own = pulumi.mergeOptions(opts, { provider: args.provider });
  const inside = { namespace: namespace.namespace };
  const looksAt = [script, JSON.stringify(environment), ...(args.versions ?? [])];
  const version = createHash("sha256").update(looksAt.join("\n")).digest("hex").slice(0, 8);
  const files = new kubernetes.core.v1.ConfigMap(
    name,
    { metadata: { ...inside, name }, data: { "gate.sh": script, ...args.files } },
    pulumi.mergeOptions(own, { dependsOn: [namespace.ready] }),
  );
  return new kubernetes.batch.v1.Job(
    resourceName,
    {
      // A job runs once: with a name that follows from what it looks at, it runs again when that changes.
      metadata: { ...inside, name: versionedJobName(name, version) },
      spec: {
        backoffLimit: 1,
        template: {
          metadata: { labels: args.labels },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            securityContext: podSecurityContext({ runAsUser: 65532 }),
            containers: [
              hardenedContainer({
                name: "gate",
                image: images.curl,
                command: ["sh", "/gate/gate.sh"],
                env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                // So that the refusal itself stands in the message of the failed step.
                terminationMessagePolicy: "FallbackToLogsOnError",
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                volumeMounts: [{ name: "gate", mountPath: "/gate", readOnly: true }],
              }),
            ],
            volumes: [{ name: "gate", configMap: { name } }],
          },
        },
      },
    },
    pulumi.mergeOptions(own, {
      dependsOn: [files],
      customTimeouts: { create: "15m", update: "15m" },
    }),
  );
}
