import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { podSecurityEnforce, privilegedBecause } from "../../catalog/annotations.ts";
import { networkPolicy } from "./networkPolicy.ts";
import { dnsRule, type NetworkRule } from "./networkRule.ts";

/** The sum of what all pods of a namespace may request, in Kubernetes' quantities. */
export interface Quota {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
}

/** The label of namespaces whose services may be backends of Gateway routes. The listener of the Gateway selects it. */
export const routableLabel = { "lab.home/routable": "true" } as const;

/** A profile of the pod security standards. `privileged` needs a reason, which becomes an annotation. */
export type PodSecurity =
  | { readonly profile: "restricted" | "baseline" }
  | { readonly profile: "privileged"; readonly reason: string };

export interface NamespaceArgs {
  readonly provider: kubernetes.Provider;
  /** The ResourceQuota. */
  readonly quota: Quota;
  /** Memory limit of a container that sets none. Default: 256Mi. */
  readonly defaultMemory?: string;
  /** The profile that the API server enforces for every pod. */
  readonly podSecurity: PodSecurity;
  /** The traffic that is allowed in addition to DNS. Everything else is denied (P1). */
  readonly networkRules: readonly NetworkRule[];
  /** Whether Gateway routes may have backends here. Default: false. */
  readonly routable?: boolean;
}

/**
 * A namespace with a quota, default limits, a pod security profile and a default-deny network policy (P1). The only
 * place where the program creates a namespace.
 *
 * @param name Name of the namespace and of the component.
 */
export class Namespace extends pulumi.ComponentResource {
  /** A plain string: at preview a policy cannot judge objects of a namespace whose name is unknown. */
  readonly namespace: string;
  /** The last of the namespace's guards. Every object in the namespace depends on it. */
  readonly ready: pulumi.Resource;
  readonly routable: boolean;

  constructor(name: string, args: NamespaceArgs, opts: pulumi.ComponentResourceOptions) {
    const { quota, podSecurity, routable = false, defaultMemory = "256Mi" } = args;
    super("lab:kubernetes:Namespace", name, { quota, podSecurity, routable }, opts);
    this.namespace = name;
    this.routable = routable;
    // The engine does not apply a component's dependencies to its children.
    const childOptions = {
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
      childOptions,
    );
    // Each guard depends on the one before it, so a dependent needs the last one only. When a deletion fails, the engine
    // follows every path through the dependency graph: parallel guards would multiply the paths at each layer
    // (markAsDependency, pkg/resource/graph/dependency_graph.go of Pulumi 3.255).
    const guards: readonly ((opts: pulumi.CustomResourceOptions) => pulumi.Resource)[] = [
      (opts) =>
        new kubernetes.core.v1.ResourceQuota(
          `${name}-quota`,
          {
            metadata: { namespace: name, name: "quota" },
            spec: {
              hard: { "requests.cpu": quota.cpu, "requests.memory": quota.memory, pods: String(quota.pods) },
            },
          },
          { ...opts, aliases: [{ name }] },
        ),
      (opts) =>
        new kubernetes.core.v1.LimitRange(
          `${name}-defaults`,
          {
            metadata: { namespace: name, name: "defaults" },
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
          { ...opts, aliases: [{ name }] },
        ),
      (opts) =>
        new kubernetes.networking.v1.NetworkPolicy(
          `${name}-default-deny`,
          {
            metadata: { namespace: name, name: "default-deny" },
            spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
          },
          { ...opts, aliases: [{ name }] },
        ),
      ...[dnsRule, ...args.networkRules].map(
        (rule) => (opts: pulumi.CustomResourceOptions) =>
          networkPolicy(`${name}-${rule.name}`, { namespace: name, rule }, opts),
      ),
    ];
    this.ready = guards.reduce<pulumi.Resource>(
      (before, guard) => guard({ ...childOptions, dependsOn: [before] }),
      namespace,
    );
    this.registerOutputs({});
  }
}

/** Adds a network rule to an existing namespace, for pods that a later layer starts in it. */
export function allowTraffic(
  { namespace }: Namespace,
  rule: NetworkRule,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return networkPolicy(`${namespace}-${rule.name}`, { namespace, rule }, opts);
}
