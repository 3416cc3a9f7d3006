import type { Lab } from "../../config/lab.ts";
import { readySettings } from "../k3s/k3sSteps.ts";
import type { PlainManifest } from "../kubernetes/manifest.ts";
import { announcements, loadBalancerPool } from "./announcement.ts";
import { type CertificatesPlan, certificatesPlan } from "./certificates.ts";
import { ciliumValues } from "./ciliumValues.ts";
import { coreDnsCustom, namesHash } from "./coreDns.ts";
import { type GatewayClass, gatewayClassOf } from "./gatewayClass.ts";
import { type GatewayChecksPlan, gatewayChecksPlan } from "./reach.ts";
import { traefikValues } from "./traefikValues.ts";

/** Everything that the network takes from the configuration, as plain data. */
export interface NetworkPlan {
  /** The lab's domain; every host of a route is below it. */
  readonly domain: string;
  /** The Gateway's address. */
  readonly ingressAddress: string;
  /** The addresses of services of type LoadBalancer, as `FIRST-LAST` or CIDR. */
  readonly pool: string;
  /** The section `lab:ingress`, shown as inputs of the component. */
  readonly ingress: Readonly<Record<string, unknown>>;
  readonly gatewayClass: GatewayClass;
  readonly ciliumValues: Readonly<Record<string, unknown>>;
  /** Values of the Traefik chart; undefined where Cilium serves the Gateway. */
  readonly traefikValues: Readonly<Record<string, unknown>> | undefined;
  readonly poolManifest: PlainManifest;
  readonly announcements: readonly PlainManifest[];
  /** Data of the ConfigMap `coredns-custom`, and the hash of everything that CoreDNS must be restarted for. */
  readonly coreDns: { readonly data: Readonly<Record<string, string>>; readonly hash: string };
  readonly certificates: CertificatesPlan;
  readonly gatewayChecks: GatewayChecksPlan;
  /** Settings of verify-ready.sh. */
  readonly readySettings: ReturnType<typeof readySettings>;
}

export function networkPlan(lab: Lab): NetworkPlan {
  const { domain, cluster, ingress } = lab.config;
  return {
    domain,
    ingressAddress: cluster.ingressAddress,
    pool: cluster.loadBalancerPool,
    ingress,
    gatewayClass: gatewayClassOf(lab),
    ciliumValues: ciliumValues(lab),
    traefikValues: ingress.gatewayClass === "traefik" ? traefikValues(lab) : undefined,
    poolManifest: loadBalancerPool(lab),
    announcements: announcements(lab),
    coreDns: { data: coreDnsCustom(lab), hash: namesHash(lab) },
    certificates: certificatesPlan(lab),
    gatewayChecks: gatewayChecksPlan(lab),
    readySettings: readySettings(lab),
  };
}
