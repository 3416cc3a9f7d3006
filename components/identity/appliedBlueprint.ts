import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { jobLabel } from "../../catalog/annotations.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { images } from "../../catalog/images.ts";
import { versionedJobName } from "../../config/names.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { authentikEnvironment, authentikPodSecurity, authentikSecret } from "./authentikValues.ts";
import type { Blueprint } from "./blueprint.ts";
import { blueprintProblems } from "./blueprintProblems.ts";
import { blueprintYaml } from "./blueprintYaml.ts";

/** What an Authentik that runs gives to those who set something up in it. */
export interface AuthentikHandle {
  readonly domain: string;
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  /** Whether what cannot be made again is protected. */
  readonly protect: boolean;
}

/**
 * A blueprint, applied by Authentik's own command in a job that fails where Authentik refuses it. A blueprint that is
 * only mounted, as the chart would have it, fails where nobody looks; and every further one would start Authentik anew.
 * The job's name follows from what it applies, so it runs again when that changes, and not otherwise.
 */
export class AppliedBlueprint extends pulumi.ComponentResource {
  /** Authentik has taken it: what uses its objects depends on this. */
  readonly applied: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly authentik: AuthentikHandle;
      /** Makes it of its secrets, which are the only part that is not known at preview. */
      readonly make: (secrets: Readonly<Record<string, string>>) => Blueprint;
      readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
      /** Changes whenever a secret does. */
      readonly generation: string;
      /** Blueprints whose objects it refers to, and what waits until they are applied. */
      readonly before: readonly Blueprint[];
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { domain, provider, namespace } = args.authentik;
    const names = Object.keys(args.secrets);
    const outline = args.make(Object.fromEntries(names.map((each) => [each, `(${each})`])));
    const problems = blueprintProblems(outline, args.before);
    if (problems.length > 0)
      throw new Error(
        `Authentik would not take the blueprint ${name} (A5):\n${problems.join("\n")}\n  see docs/lessons/A5.md`,
      );
    super(componentTypes.appliedBlueprint, name, { generation: args.generation }, opts);
    const own = { provider, parent: this };
    const inside = { namespace: namespace.namespace };
    const version = createHash("sha256")
      .update(`${blueprintYaml(outline)}${args.generation}`)
      .digest("hex")
      .slice(0, 8);
    const file = `${name}.yaml`;

    const text = pulumi.secret(
      pulumi.output(args.secrets).apply((secrets) => blueprintYaml(args.make(secrets))),
    );
    const secret = new kubernetes.core.v1.Secret(
      `blueprint-${name}`,
      { metadata: { ...inside, name: `blueprint-${name}` }, stringData: { [file]: text } },
      { ...own, dependsOn: [namespace.guarded] },
    );
    this.applied = new kubernetes.batch.v1.Job(
      `blueprint-${name}`,
      {
        metadata: { ...inside, name: versionedJobName(`blueprint-${name}`, version) },
        spec: {
          // What a blueprint refers to may be on its way: Authentik makes its own objects after it has become ready.
          backoffLimit: 6,
          template: {
            metadata: { labels: { [jobLabel]: "blueprint" } },
            spec: {
              restartPolicy: "Never",
              automountServiceAccountToken: false,
              securityContext: authentikPodSecurity,
              containers: [
                {
                  name: "apply",
                  image: images.authentik,
                  // A path below the folder of blueprints: it takes no other.
                  command: ["ak", "apply_blueprint", `lab/${file}`],
                  env: authentikEnvironment(domain),
                  envFrom: [{ secretRef: { name: authentikSecret } }],
                  terminationMessagePolicy: "FallbackToLogsOnError",
                  resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
                  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                  volumeMounts: [{ name: "blueprint", mountPath: "/blueprints/lab", readOnly: true }],
                },
              ],
              volumes: [{ name: "blueprint", secret: { secretName: `blueprint-${name}` } }],
            },
          },
        },
      },
      {
        ...own,
        dependsOn: [secret, ...args.after],
        customTimeouts: { create: "20m", update: "20m" },
      },
    );
    this.registerOutputs({});
  }
}
