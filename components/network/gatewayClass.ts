import type { Lab } from "../../config/lab.ts";
import type { Peer } from "../kubernetes/networkRule.ts";

/** What differs between the implementations of the Gateway API. Nothing else may depend on the implementation (N11). */
export interface GatewayClass {
  /** Name of the GatewayClass. */
  readonly name: string;
  /** Ports of the Gateway's listeners. Clients always use 80 and 443. */
  readonly ports: { readonly http: number; readonly https: number };
  /** The proxy that connects to the backends, as a peer of network rules. */
  readonly proxyPeer: Peer;
  /** Whether the Gateway has an address of its own. False: it uses the address of its proxy's service. */
  readonly ownAddress: boolean;
}

export const traefikNamespace = "traefik";

const classes: Readonly<Record<Lab["config"]["ingress"]["gatewayClass"], GatewayClass>> = {
  cilium: {
    name: "cilium",
    ports: { http: 80, https: 443 },
    proxyPeer: { entities: ["ingress"] },
    ownAddress: true,
  },
  // Traefik matches a listener to an entry point by the port of its own process.
  traefik: {
    name: "traefik",
    ports: { http: 8000, https: 8443 },
    proxyPeer: { namespace: traefikNamespace },
    ownAddress: false,
  },
};

export function gatewayClassOf(lab: Pick<Lab, "config">): GatewayClass {
  return classes[lab.config.ingress.gatewayClass];
}
