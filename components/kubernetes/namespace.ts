import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { podSecurityEnforce, privilegedBecause } from "../../catalog/annotations.ts";
import { customResource } from "./customResource.ts";
import { dnsSpec, type NetworkRule, networkRuleSpec } from "./networkRule.ts";

/** How much a namespace may ask for, all its pods together, in Kubernetes' quantities. */
export interface Quota {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
}

/** Pods of a namespace that Gateway routes may lead to carry this on their namespace; the Gateway looks for it. */
export const routableLabel = { "lab.home/routable": "true" } as const;

/** Who may run here: a profile of the pod security standards, and for the one that allows all the reason why. */
export type PodSecurity =
  | { readonly profile: "restricted" | "baseline" }
  | { readonly profile: "privileged"; readonly reason: string };

/**
 * A namespace with its guards: a quota, default limits, a pod security profile, and no traffic in or out but DNS and
 * what it opens (P1). The only way that the program makes one.
 */
export class Namespace extends pulumi.ComponentResource {
  /** Plain, since a policy cannot judge what lies in a namespace that it does not know yet. */
  readonly namespace: string;
  /** The last of what guards it, before which nothing starts in it. */
  readonly guarded: pulumi.Resource;
  readonly routable: boolean;

  constructor(
    name: string,
    args: {
      readonly provider: kubernetes.Provider;
      readonly quota: Quota;
      /** The memory limit of a container that says nothing; 256Mi where left out. */
      readonly defaultMemory?: string;
      readonly podSecurity: PodSecurity;
      readonly networkRules: readonly NetworkRule[];
      /** Whether routes of the Gateway may lead into it. */
      readonly routable?: boolean;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { quota, podSecurity, routable = false, defaultMemory = "256Mi" } = args;
    super("lab:kubernetes:Namespace", name, { quota, podSecurity, routable }, opts);
    this.namespace = name;
    this.routable = routable;
    // A component's own dependencies mean nothing to its children.
    const own = {
      provider: args.provider,
      parent: this,
      ...(opts.dependsOn && { dependsOn: opts.dependsOn }),
    };
    const { profile } = podSecurity;
    const namespace = new kubernetes.core.v1.Namespace(
      name,
      {
        metadata: {
          name,
          labels: {
            [podSecurityEnforce]: profile,
            "pod-security.kubernetes.io/warn": profile,
            ...(routable ? routableLabel : {}),
          },
          ...("reason" in podSecurity ? { annotations: { [privilegedBecause]: podSecurity.reason } } : {}),
        },
      },
      own,
    );
    const inside = { namespace: name };
    // One after another, so that whoever waits for all waits for one: where a deletion fails the engine follows every way
    // through what depends on what, and guards side by side are so many ways, times those of each layer below
    // (markAsDependency, pkg/resource/graph/dependency_graph.go of Pulumi 3.255).
    const guards: readonly ((opts: pulumi.CustomResourceOptions) => pulumi.Resource)[] = [
      (opts) =>
        new kubernetes.core.v1.ResourceQuota(
          name,
          {
            metadata: { ...inside, name: "quota" },
            spec: {
              hard: { "requests.cpu": quota.cpu, "requests.memory": quota.memory, pods: String(quota.pods) },
            },
          },
          opts,
        ),
      (opts) =>
        new kubernetes.core.v1.LimitRange(
          name,
          {
            metadata: { ...inside, name: "defaults" },
            spec: {
              limits: [
                {
                  type: "Container",
                  default: { memory: defaultMemory },
                  defaultRequest: { cpu: "20m", memory: "64Mi" },
                },
              ],
            },
          },
          opts,
        ),
      (opts) =>
        new kubernetes.networking.v1.NetworkPolicy(
          name,
          {
            metadata: { ...inside, name: "default-deny" },
            spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
          },
          opts,
        ),
      (opts) => policy(name, "dns", dnsSpec, inside, opts),
      ...args.networkRules.map(
        (networkRule) => (opts: pulumi.CustomResourceOptions) =>
          policy(name, networkRule.name, networkRuleSpec(networkRule), inside, opts),
      ),
    ];
    this.guarded = guards.reduce<pulumi.Resource>(
      (before, guard) => guard({ ...own, dependsOn: [before] }),
      namespace,
    );
    this.registerOutputs({});
  }
}

/** One more hole in a namespace that is there already, for those that live in it. */
export function allowTraffic(
  { namespace }: Namespace,
  networkRule: NetworkRule,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return policy(namespace, networkRule.name, networkRuleSpec(networkRule), { namespace }, opts);
}

function policy(
  namespace: string,
  name: string,
  spec: Readonly<Record<string, unknown>>,
  inside: { readonly namespace: string },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return customResource(
    `${namespace}-${name}`,
    { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { ...inside, name }, spec },
    opts,
  );
}
