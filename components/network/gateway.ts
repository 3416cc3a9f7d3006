import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { type Namespace, routableLabel } from "../kubernetes/namespace.ts";
import type { GatewayClass } from "./gatewayClass.ts";
import { issuerName } from "./issuer.ts";

/** Where routes attach: a listener of the one Gateway. */
export const gatewayName = "lab";

/**
 * The one way in: HTTPS with the wildcard certificate for the lab's domain, and HTTP that only redirects (T1).
 * Applications know nothing of it but its routes.
 */
export class Gateway extends pulumi.ComponentResource {
  readonly domain: string;
  readonly class: GatewayClass;
  readonly namespace: string;
  /** Serves, with its certificate: what routes depend on. */
  readonly ready: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly provider: kubernetes.Provider;
      readonly namespace: Namespace;
      readonly class: GatewayClass;
      readonly issuer: pulumi.Resource;
      /** What has to be there before a Gateway can be served. */
      readonly servedBy: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, provider } = args;
    const { domain, cluster } = lab.config;
    super(
      "lab:network:Gateway",
      name,
      { class: args.class.name, address: cluster.ingressAddress, domain },
      opts,
    );
    this.domain = domain;
    this.class = args.class;
    this.namespace = args.namespace.namespace;
    const own = { provider, parent: this };
    const inside = { namespace: args.namespace.namespace };
    const { ports, ownAddress } = args.class;

    const certificate = customResource(
      "wildcard",
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { ...inside, name: "wildcard" },
        spec: {
          secretName: "wildcard-tls",
          dnsNames: [domain, `*.${domain}`],
          issuerRef: { kind: "ClusterIssuer", name: issuerName },
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        },
      },
      { ...own, dependsOn: [args.issuer, args.namespace.ready] },
      // A DNS record has to travel.
      { condition: "Ready", minutes: 15 },
    );
    const routes = { namespaces: { from: "Selector", selector: { matchLabels: routableLabel } } };
    const gateway = customResource(
      gatewayName,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { ...inside, name: gatewayName },
        spec: {
          gatewayClassName: args.class.name,
          ...(ownAddress ? { addresses: [{ type: "IPAddress", value: cluster.ingressAddress }] } : {}),
          listeners: [
            {
              name: "http",
              protocol: "HTTP",
              port: ports.http,
              allowedRoutes: { namespaces: { from: "Same" } },
            },
            {
              name: "https",
              protocol: "HTTPS",
              port: ports.https,
              tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "wildcard-tls" }] },
              allowedRoutes: routes,
            },
          ],
        },
      },
      { ...own, dependsOn: [certificate, ...args.servedBy] },
      { condition: "Programmed", minutes: 5 },
    );
    const redirect = customResource(
      "redirect-to-https",
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { ...inside, name: "redirect-to-https" },
        spec: {
          parentRefs: [{ name: gatewayName, sectionName: "http" }],
          rules: [
            {
              filters: [
                // The port is named, since a listener on another one would otherwise lead there.
                { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } },
              ],
            },
          ],
        },
      },
      { ...own, dependsOn: [gateway] },
    );
    this.ready = redirect;
    this.registerOutputs({});
  }
}
