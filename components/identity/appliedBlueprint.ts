import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { jobLabel } from "../../catalog/annotations.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { images } from "../../catalog/images.ts";
import { versionedJobName } from "../../config/names.ts";
import { hardenedContainer } from "../kubernetes/hardened.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import {
  authentikEnvironment,
  authentikExceptions,
  authentikPodSecurity,
  authentikSecret,
} from "./authentikValues.ts";
import type { Blueprint } from "./blueprint.ts";
import { blueprintErrors } from "./blueprintErrors.ts";
import { blueprintYaml } from "./blueprintYaml.ts";

/** What a blueprint needs to know about Authentik. */
export interface AuthentikHandle {
  readonly domain: string;
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  /** Whether resources that cannot be recreated are protected from deletion. */
  readonly protect: boolean;
}

export interface AppliedBlueprintArgs {
  readonly authentik: AuthentikHandle;
  /** Name of the blueprint: suffix of its Secret and its Job, and name of its file. */
  readonly name: string;
  /** Builds the blueprint from its secrets, the only part that is unknown at preview. */
  readonly make: (secrets: Readonly<Record<string, string>>) => Blueprint;
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** Any text. Another text applies the blueprint again: it must change whenever a secret changes. */
  readonly generation: string;
  /** Blueprints whose objects this one refers to. */
  readonly references: readonly Blueprint[];
  /** What the Job waits for: Authentik, and the blueprints that this one refers to. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * A blueprint that a Job applies with Authentik's own command. The Job fails where Authentik rejects the blueprint. A
 * blueprint that is only mounted, as the chart does it, fails in a worker's log, and every new one restarts Authentik.
 * The Job's name contains a hash of the blueprint, so it runs again when the blueprint changes, and only then.
 */
export class AppliedBlueprint extends pulumi.ComponentResource {
  /** Authentik has applied the blueprint. Everything that uses its objects depends on this. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: AppliedBlueprintArgs, opts: pulumi.ComponentResourceOptions) {
    const { domain, provider } = args.authentik;
    const { namespace } = args.authentik.namespace;
    const keys = Object.keys(args.secrets);
    const outline = args.make(Object.fromEntries(keys.map((key) => [key, `(${key})`])));
    const errors = blueprintErrors(outline, args.references);
    if (errors.length > 0)
      throw new Error(
        `Authentik would reject the blueprint ${args.name} (A5):\n${errors.join("\n")}\n  see docs/lessons/A5.md`,
      );
    super(componentTypes.appliedBlueprint, name, { blueprint: args.name, generation: args.generation }, opts);
    const childOptions = { provider, parent: this };
    const version = createHash("sha256")
      .update(`${blueprintYaml(outline)}${args.generation}`)
      .digest("hex")
      .slice(0, 8);
    const objectName = `blueprint-${args.name}`;
    const file = `${args.name}.yaml`;

    const text = pulumi.secret(
      pulumi.output(args.secrets).apply((secrets) => blueprintYaml(args.make(secrets))),
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-file`,
      { metadata: { namespace, name: objectName }, stringData: { [file]: text } },
      {
        ...childOptions,
        dependsOn: [args.authentik.namespace.ready],
        aliases: [{ name: objectName }],
      },
    );
    this.ready = new kubernetes.batch.v1.Job(
      name,
      {
        metadata: { namespace, name: versionedJobName(objectName, version) },
        spec: {
          // Authentik creates its default objects only after it is ready, so a reference may resolve on a later attempt.
          backoffLimit: 6,
          template: {
            metadata: { labels: { [jobLabel]: "blueprint" } },
            spec: {
              restartPolicy: "Never",
              automountServiceAccountToken: false,
              securityContext: authentikPodSecurity,
              containers: [
                hardenedContainer(
                  {
                    name: "apply",
                    image: images.authentik,
                    // Relative to the blueprint directory: the command accepts no other path.
                    command: ["ak", "apply_blueprint", `lab/${file}`],
                    env: authentikEnvironment(domain),
                    envFrom: [{ secretRef: { name: authentikSecret } }],
                    terminationMessagePolicy: "FallbackToLogsOnError",
                    resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
                    volumeMounts: [{ name: "blueprint", mountPath: "/blueprints/lab", readOnly: true }],
                  },
                  authentikExceptions,
                ),
              ],
              volumes: [{ name: "blueprint", secret: { secretName: objectName } }],
            },
          },
        },
      },
      {
        ...childOptions,
        dependsOn: [secret, ...args.after],
        customTimeouts: { create: "20m", update: "20m" },
        aliases: [{ name: objectName }],
      },
    );
    this.registerOutputs({});
  }
}
