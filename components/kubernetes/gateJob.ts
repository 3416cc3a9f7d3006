import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import { versionedJobName } from "../../config/names.ts";
import { hardenedContainer, podSecurityContext } from "./hardened.ts";
import type { Namespace } from "./namespace.ts";

export interface GateJobArgs {
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  /** Labels of the pod, which the network policies select. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the ConfigMap, and prefix of the name of the Job. */
  readonly name: string;
  /** POSIX sh with curl; the image has nothing else. */
  readonly script: string;
  /** More files under /gate. Default: none. */
  readonly files?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Values whose change runs the gate again, in addition to the script and its environment. Default: none. */
  readonly versions?: readonly string[];
}

/** A gate that checks the cluster from a pod: a Job that runs one script. `up` fails where the script fails. */
export function gateJob(
  resourceName: string,
  args: GateJobArgs,
  { aliases, ...opts }: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { name, script, environment } = args;
  const { namespace } = args.namespace;
  const inCluster = pulumi.mergeOptions(opts, { provider: args.provider });
  const inputs = [script, JSON.stringify(environment), ...(args.versions ?? [])];
  const version = createHash("sha256").update(inputs.join("\n")).digest("hex").slice(0, 8);
  const files = new kubernetes.core.v1.ConfigMap(
    `${resourceName}-files`,
    { metadata: { namespace, name }, data: { "gate.sh": script, ...args.files } },
    pulumi.mergeOptions(inCluster, { dependsOn: [args.namespace.ready], aliases: [{ name }] }),
  );
  return new kubernetes.batch.v1.Job(
    resourceName,
    {
      // A Job runs once. Its name contains the hash of its inputs, so it runs again when one of them changes.
      metadata: { namespace, name: versionedJobName(name, version) },
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
                // The log of the script becomes the message of the failed step.
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
    pulumi.mergeOptions(inCluster, {
      dependsOn: [files],
      customTimeouts: { create: "15m", update: "15m" },
      ...(aliases && { aliases }),
    }),
  );
}
