import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { customResource } from "../kubernetes/customResource.ts";
import { type Namespace, routableLabel } from "../kubernetes/namespace.ts";
import type { GatewayClass } from "./gatewayClass.ts";
import { issuerName } from "./issuer.ts";

/** Name of the Gateway, which every HTTPRoute names as its parent. */
export const gatewayName = "lab";

export interface GatewayArgs {
  readonly provider: kubernetes.Provider;
  /** The namespace of the Gateway and of its certificate. */
  readonly namespace: Namespace;
  /** The implementation that serves the Gateway. */
  readonly class: GatewayClass;
  /** The wildcard certificate is for this domain and every name directly below it. */
  readonly domain: string;
  /** The address of the Gateway. */
  readonly address: string;
  /** The ClusterIssuer that signs the certificate. */
  readonly issuer: pulumi.Resource;
  /** What must exist before the Gateway can become Programmed: the address pool, its announcement, and Traefik. */
  readonly servedBy: readonly pulumi.Resource[];
}

/**
 * The only Gateway of the lab: HTTPS with a wildcard certificate for the lab's domain, and HTTP that redirects to it (T1).
 * Applications attach HTTPRoutes to it and need no other knowledge of it.
 */
export class Gateway extends pulumi.ComponentResource {
  readonly domain: string;
  readonly class: GatewayClass;
  readonly namespace: string;
  /** The Gateway is Programmed, with its certificate. Every route depends on this. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: GatewayArgs, opts: pulumi.ComponentResourceOptions) {
    const { domain, address } = args;
    super("lab:network:Gateway", name, { class: args.class.name, address, domain }, opts);
    this.domain = domain;
    this.class = args.class;
    this.namespace = args.namespace.namespace;
    const childOptions = { provider: args.provider, parent: this };
    const { namespace } = args.namespace;
    const { ports, ownAddress } = args.class;

    const certificate = customResource(
      `${name}-certificate`,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { namespace, name: "wildcard" },
        spec: {
          secretName: "wildcard-tls",
          dnsNames: [domain, `*.${domain}`],
          issuerRef: { kind: "ClusterIssuer", name: issuerName },
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        },
      },
      {
        ...childOptions,
        dependsOn: [args.issuer, args.namespace.ready],
        aliases: [{ name: "wildcard" }],
      },
      // The DNS record of the challenge needs time to propagate.
      { condition: "Ready", minutes: 15 },
    );
    const gateway = customResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { namespace, name: gatewayName },
        spec: {
          gatewayClassName: args.class.name,
          ...(ownAddress ? { addresses: [{ type: "IPAddress", value: address }] } : {}),
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
              allowedRoutes: {
                namespaces: { from: "Selector", selector: { matchLabels: routableLabel } },
              },
            },
          ],
        },
      },
      {
        ...childOptions,
        dependsOn: [certificate, ...args.servedBy],
        aliases: [{ name: gatewayName }],
      },
      { condition: "Programmed", minutes: 5 },
    );
    this.ready = customResource(
      `${name}-redirect-to-https`,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { namespace, name: "redirect-to-https" },
        spec: {
          parentRefs: [{ name: gatewayName, sectionName: "http" }],
          rules: [
            {
              filters: [
                // Without a port the redirect would keep the port of the listener, which is 8443 for Traefik.
                { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } },
              ],
            },
          ],
        },
      },
      { ...childOptions, dependsOn: [gateway], aliases: [{ name: "redirect-to-https" }] },
    );
    this.registerOutputs({});
  }
}
