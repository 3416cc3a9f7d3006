import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { GatewayClass } from "./gatewayClass.ts";

/**
 * Egress rules for pods that connect to the lab's own names, as people do (N7): to the Gateway's address, and to the proxy
 * behind it, because Cilium replaces the address before it applies the policy. `pods`: default all pods of the namespace.
 */
export function gatewayEgress(
  { proxyPeer, ports }: GatewayClass,
  ingressAddress: string,
  pods?: Readonly<Record<string, string>>,
): NetworkRule[] {
  const egress = { ...(pods && { pods }), direction: "egress" } as const;
  return [
    { name: "gateway", ...egress, peer: proxyPeer, ports: [ports.http, ports.https] },
    { name: "gateway-address", ...egress, peer: { cidrs: [`${ingressAddress}/32`] }, ports: [80, 443] },
  ];
}
