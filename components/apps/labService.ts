import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { allowTraffic, type Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { changeSeconds, podsName, podsOfWorkload, podTemplate, type Workload } from "./podTemplate.ts";

/** The port of every service; its pods listen on their own. */
export const servicePort = 80;

/**
 * One of the lab's own services, which keeps nothing itself (S10): its pods, their way in and out, and what keeps some
 * of them there while nodes are emptied or load rises.
 */
export class LabService extends pulumi.ComponentResource {
  /** It answers: what leads to it depends on this. */
  readonly ready: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly provider: kubernetes.Provider;
      readonly namespace: Namespace;
      readonly workload: Workload;
      readonly environment: {
        readonly plain: Readonly<Record<string, string>>;
        readonly secret: pulumi.Output<Readonly<Record<string, string>>> | undefined;
      };
      /** Whom its pods call, and who calls them, beside the cluster's DNS. */
      readonly networkRules: readonly NetworkRule[];
      /** What it needs to start, such as its databases. */
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { provider, namespace, workload, environment } = args;
    const { replicas, most, image } = workload;
    super("lab:apps:LabService", name, { image, replicas, most }, opts);
    const own = { provider, parent: this };
    const guarded = { ...own, dependsOn: [namespace.ready] };
    const metadata = { namespace: namespace.namespace, name };
    const pods = { matchLabels: podsOfWorkload(workload) };

    const account = new kubernetes.core.v1.ServiceAccount(
      name,
      { metadata: { ...metadata, name: podsName(workload) }, automountServiceAccountToken: false },
      guarded,
    );
    const stores = `${name}-stores`;
    const secret =
      environment.secret === undefined
        ? undefined
        : new kubernetes.core.v1.Secret(
            stores,
            { metadata: { ...metadata, name: stores }, stringData: environment.secret },
            guarded,
          );
    const networkRules = args.networkRules.map((networkRule) =>
      allowTraffic(namespace, networkRule, guarded),
    );
    const template = podTemplate(workload, environment.plain, secret === undefined ? undefined : stores);
    const limit = changeSeconds(workload);
    const deployment = new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          // Two owners of one number fight: an autoscaler is the only one, and begins with the one pod of the API's default.
          ...(most > replicas ? {} : { replicas }),
          revisionHistoryLimit: 3,
          progressDeadlineSeconds: limit,
          selector: pods,
          // Nobody is gone before his successor answers.
          strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
          template: {
            ...template,
            metadata: {
              ...template.metadata,
              // The environment is read once: another password needs other pods.
              ...(environment.secret === undefined
                ? {}
                : { annotations: { "lab.home/stores": fingerprint(name, environment.secret) } }),
            },
          },
        },
      },
      {
        ...own,
        dependsOn: [account, ...(secret === undefined ? [] : [secret]), ...networkRules, ...args.after],
        customTimeouts: { create: `${limit}s`, update: `${limit}s` },
      },
    );
    // The engine waits until one of its pods answers, so that it comes after them.
    this.ready = new kubernetes.core.v1.Service(
      name,
      {
        metadata,
        spec: {
          selector: podsOfWorkload(workload),
          ports: [{ name: "http", port: servicePort, targetPort: "http" }],
        },
      },
      { ...own, dependsOn: [deployment] },
    );
    if (replicas > 1)
      new kubernetes.policy.v1.PodDisruptionBudget(
        name,
        { metadata: { ...metadata, name: podsName(workload) }, spec: { selector: pods, maxUnavailable: 1 } },
        { ...own, dependsOn: [deployment] },
      );
    if (most > replicas)
      new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        {
          metadata,
          spec: {
            scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
            minReplicas: replicas,
            maxReplicas: most,
            // Of what is asked for, by K3s' own metrics-server.
            metrics: [
              {
                type: "Resource",
                resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
              },
            ],
          },
        },
        { ...own, dependsOn: [deployment] },
      );
    this.registerOutputs({});
  }
}

/**
 * Tells whether secrets are the same as before, and nothing else of them: what goes in has the passwords' own 128 bits
 * and more, of which nothing is found out from half a hash.
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
