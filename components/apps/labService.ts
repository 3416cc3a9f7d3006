import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { podsName, podTemplate, rolloutSeconds, type Workload, workloadLabels } from "./podTemplate.ts";

/** Port of every service. The pods listen on a port of their own. */
export const servicePort = 80;

export interface LabServiceArgs {
  readonly provider: kubernetes.Provider;
  readonly namespace: Namespace;
  /** Image, replicas, port and resources. Its name is the name of the Deployment and of the Service. */
  readonly workload: Workload;
  readonly environment: {
    readonly plain: Readonly<Record<string, string>>;
    /** Stored in a Secret. Undefined: the service needs no secret. */
    readonly secret: pulumi.Output<Readonly<Record<string, string>>> | undefined;
  };
  /** Egress and ingress of the pods, in addition to DNS. Each name starts with the name of the workload. */
  readonly networkRules: readonly NetworkRule[];
  /** What the pods need at start, such as databases. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * A stateless service (S10): Deployment, Service, ServiceAccount, Secret and network policies, a PodDisruptionBudget where
 * it has more than one replica, and a HorizontalPodAutoscaler where it scales.
 */
export class LabService extends pulumi.ComponentResource {
  /** The Service, which the engine creates after a pod is Ready. Routes depend on it. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: LabServiceArgs, opts: pulumi.ComponentResourceOptions) {
    const { provider, workload, environment } = args;
    const { namespace } = args.namespace;
    const { replicas, most, image } = workload;
    super("lab:apps:LabService", name, { image, replicas, most }, opts);
    const childOptions = { provider, parent: this };
    const inNamespace = { ...childOptions, dependsOn: [args.namespace.ready] };
    const aliases = [{ name: workload.name }];
    const metadata = { namespace, name: workload.name };
    const selector = { matchLabels: workloadLabels(workload) };

    const account = new kubernetes.core.v1.ServiceAccount(
      name,
      { metadata: { namespace, name: podsName(workload) }, automountServiceAccountToken: false },
      { ...inNamespace, aliases },
    );
    const secretName = `${workload.name}-stores`;
    const secret =
      environment.secret === undefined
        ? undefined
        : new kubernetes.core.v1.Secret(
            `${name}-stores`,
            { metadata: { namespace, name: secretName }, stringData: environment.secret },
            { ...inNamespace, aliases: [{ name: secretName }] },
          );
    const networkPolicies = args.networkRules.map((rule) =>
      networkPolicy(
        `${name}-${rule.name.replace(`${workload.name}-`, "")}`,
        { namespace, rule },
        { ...inNamespace, aliases: [{ name: `${namespace}-${rule.name}` }] },
      ),
    );
    const template = podTemplate(workload, environment.plain, secret === undefined ? undefined : secretName);
    const limit = rolloutSeconds(workload);
    const deployment = new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          // Only the autoscaler sets the number of replicas where there is one. It starts from the API's default of one.
          ...(most > replicas ? {} : { replicas }),
          revisionHistoryLimit: 3,
          progressDeadlineSeconds: limit,
          selector,
          // maxUnavailable 0: the old pod stays until its replacement is ready.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          template: {
            ...template,
            metadata: {
              ...template.metadata,
              // Pods read their environment at start only: another password needs new pods.
              ...(environment.secret === undefined
                ? {}
                : { annotations: { "lab.home/stores": fingerprint(workload.name, environment.secret) } }),
            },
          },
        },
      },
      {
        ...childOptions,
        dependsOn: [account, ...(secret === undefined ? [] : [secret]), ...networkPolicies, ...args.after],
        customTimeouts: { create: `${limit}s`, update: `${limit}s` },
        aliases,
      },
    );
    const afterPods = { ...childOptions, dependsOn: [deployment], aliases };
    this.ready = new kubernetes.core.v1.Service(
      name,
      {
        metadata,
        spec: {
          selector: workloadLabels(workload),
          ports: [{ name: "http", port: servicePort, targetPort: "http" }],
        },
      },
      afterPods,
    );
    if (replicas > 1)
      new kubernetes.policy.v1.PodDisruptionBudget(
        name,
        { metadata: { namespace, name: podsName(workload) }, spec: { selector, maxUnavailable: 1 } },
        afterPods,
      );
    if (most > replicas)
      new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        {
          metadata,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workload.name },
            minReplicas: replicas,
            maxReplicas: most,
            // Percent of the CPU request, measured by K3s' metrics-server.
            metrics: [
              {
                type: "Resource",
                resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
              },
            ],
          },
        },
        afterPods,
      );
    this.registerOutputs({});
  }
}

/**
 * A hash that changes with the secrets. It is safe to publish: the passwords have 128 bits or more, so half a SHA-256 of
 * them reveals nothing.
 */
function fingerprint(
  name: string,
  secret: pulumi.Output<Readonly<Record<string, string>>>,
): pulumi.Output<string> {
  return pulumi.unsecret(
    secret.apply((values) =>
      createHash("sha256")
        .update(`${name}\n${JSON.stringify(Object.entries(values).toSorted())}`)
        .digest("hex")
        .slice(0, 16),
    ),
  );
}
