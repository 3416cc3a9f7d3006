import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { customResource } from "../kubernetes/customResource.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import { type Gateway, gatewayName } from "./gateway.ts";
import { type NativeLogin, nativeOidcAnnotation } from "./nativeOidc.ts";
import { servedByAnnotation } from "./servedBy.ts";

/** What answers behind a route. */
export interface Backend {
  readonly namespace: Namespace;
  /** The service's name and port. */
  readonly service: string;
  readonly port: number;
  /** The pods behind the service, and the port that they listen on. */
  readonly pods: Readonly<Record<string, string>>;
  readonly podPort: number;
  /** What makes the service: itself, or the release of a chart that it is part of, with the release's name. */
  readonly madeBy: kubernetes.core.v1.Service | { readonly release: pulumi.Resource; readonly name: string };
}

/**
 * Leads a host, or a path of it, to a service, and opens the service's pods to the Gateway and to nobody else. The
 * only maker of HTTPRoutes: a host and path that is claimed twice is refused over all of them (N10).
 */
export class Route extends pulumi.ComponentResource {
  /** Where people find it. */
  readonly url: string;

  constructor(
    name: string,
    args: {
      readonly gateway: Gateway;
      readonly provider: kubernetes.Provider;
      /** The part of the name before the lab's domain, such as `grafana`. */
      readonly host: string;
      /** A path and all below it; the whole host where left out. */
      readonly path?: string;
      readonly backend: Backend;
      /** The application of a service that logs people in by itself; a policy wants its word for that (A4). */
      readonly login?: NativeLogin;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { gateway, provider, backend, login, path = "/" } = args;
    const host = `${args.host}.${gateway.domain}`;
    super("lab:network:Route", name, { host, path }, opts);
    if (!backend.namespace.routable)
      throw new Error(`the route ${name} leads into a namespace that is not routable`);
    const own = { provider, parent: this };
    const inside = { namespace: backend.namespace.namespace, name: `route-${name}` };
    const { madeBy } = backend;
    // Both names are plain: a policy looks for the service at preview.
    const [maker, servedBy] =
      "release" in madeBy ? [madeBy.release, { [servedByAnnotation]: madeBy.name }] : [madeBy, {}];
    const annotations = { ...servedBy, ...(login && { [nativeOidcAnnotation]: login.id }) };
    const opened = networkPolicy(
      `${name}-from-gateway`,
      {
        namespace: inside.namespace,
        rule: {
          name: inside.name,
          pods: backend.pods,
          direction: "ingress",
          peer: gateway.class.proxyPeer,
          ports: [backend.podPort],
        },
      },
      { ...own, dependsOn: [backend.namespace.ready] },
    );
    customResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { ...inside, annotations },
        spec: {
          parentRefs: [{ name: gatewayName, namespace: gateway.namespace, sectionName: "https" }],
          hostnames: [host],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: path } }],
              backendRefs: [{ name: backend.service, port: backend.port }],
            },
          ],
        },
      },
      { ...own, dependsOn: [gateway.ready, maker, opened, ...(login ? [login.ready] : [])] },
    );
    this.url = `https://${host}${path === "/" ? "" : path}`;
    this.registerOutputs({ url: this.url });
  }
}
