import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { customResource } from "./customResource.ts";
import { type NetworkRule, networkRuleSpec } from "./networkRule.ts";

export interface NetworkPolicyArgs {
  /** The namespace of the selected pods. */
  readonly namespace: string;
  /** What the policy allows. Its name is the name of the CiliumNetworkPolicy. */
  readonly rule: NetworkRule;
}

/**
 * A CiliumNetworkPolicy for one rule. The only place that creates one: a NetworkPolicy of Kubernetes can name neither
 * the Gateway's proxy nor the Kubernetes API, which have no pods and whose addresses change.
 */
export function networkPolicy(
  name: string,
  { namespace, rule }: NetworkPolicyArgs,
  opts: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  return customResource(
    name,
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata: { namespace, name: rule.name },
      spec: networkRuleSpec(rule),
    },
    opts,
  );
}
