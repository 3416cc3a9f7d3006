import type { Lab } from "../../config/lab.ts";
import type { Peer } from "../kubernetes/networkRule.ts";

/** What a Gateway and the routes behind it need to know of whoever serves them, and all that they may know (N11). */
export interface GatewayClass {
  readonly name: string;
  /** Ports of the Gateway's listeners; people always use 80 and 443. */
  readonly ports: { readonly http: number; readonly https: number };
  /** Who reaches the pods behind a route. */
  readonly sender: Peer;
  /** Whether the Gateway gets an address of its own, or that of the service in front of its proxy. */
  readonly ownAddress: boolean;
}

/** Traefik's own namespace. */
export const traefikNamespace = "traefik";

const classes: Readonly<Record<Lab["config"]["ingress"]["gatewayClass"], GatewayClass>> = {
  cilium: { name: "cilium", ports: { http: 80, https: 443 }, sender: { gateway: true }, ownAddress: true },
  // Traefik matches a listener with an entry point by the port that its process listens on.
  traefik: {
    name: "traefik",
    ports: { http: 8000, https: 8443 },
    sender: { namespace: traefikNamespace },
    ownAddress: false,
  },
};

export function gatewayClassOf(lab: Lab): GatewayClass {
  return classes[lab.config.ingress.gatewayClass];
}
