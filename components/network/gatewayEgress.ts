import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { GatewayClass } from "./gatewayClass.ts";

/**
 * The way of pods that ask for the lab's own names, as people do (N7): to the Gateway's address, and to what serves it, which
 * the cluster's network puts in the place of that address.
 */
export function gatewayEgress(
  { proxyPeer, ports }: GatewayClass,
  ingressAddress: string,
  pods: Readonly<Record<string, string>>,
): NetworkRule[] {
  const to = { pods, direction: "egress" } as const;
  return [
    { name: "gateway", ...to, peer: proxyPeer, ports: [ports.http, ports.https] },
    { name: "gateway-address", ...to, peer: { cidrs: [`${ingressAddress}/32`] }, ports: [80, 443] },
  ];
}
