import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { customResource } from "../kubernetes/customResource.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import { type Gateway, gatewayName } from "./gateway.ts";
import { type NativeLogin, nativeOidcAnnotation } from "./nativeOidc.ts";
import { servedByAnnotation } from "./servedBy.ts";

/** The service behind a route. */
export interface Backend {
  /** Must be routable. */
  readonly namespace: Namespace;
  /** Name and port of the service. */
  readonly service: string;
  readonly port: number;
  /** Labels of the pods behind the service, and the port that they listen on. */
  readonly pods: Readonly<Record<string, string>>;
  readonly podPort: number;
  /** The resource that creates the service: the service itself, or a Helm release with the release's name. */
  readonly createdBy:
    | kubernetes.core.v1.Service
    | { readonly release: pulumi.Resource; readonly name: string };
}

export interface RouteArgs {
  readonly gateway: Gateway;
  readonly provider: kubernetes.Provider;
  /** Name of the HTTPRoute and of the network policy, after the prefix `route-`. */
  readonly name: string;
  /** The first label of the host, before the lab's domain, such as `grafana`. */
  readonly host: string;
  /** Path prefix. Default: the whole host. */
  readonly path?: string;
  readonly backend: Backend;
  /** The application of a service that implements OpenID Connect itself (A4). Default: the service is a proxy. */
  readonly login?: NativeLogin;
}

/**
 * Routes a host, or a path of it, to a service, and allows the Gateway's proxy to connect to the service's pods. The only
 * place where the program creates HTTPRoutes; a policy rejects two routes for one host and path (N10).
 */
export class Route extends pulumi.ComponentResource {
  /** The address for browsers. */
  readonly url: string;
  /** The HTTPRoute, which depends on the Gateway, the service, the network policy and the login. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: RouteArgs, opts: pulumi.ComponentResourceOptions) {
    const { gateway, provider, backend, login, path = "/" } = args;
    const host = `${args.host}.${gateway.domain}`;
    super("lab:network:Route", name, { host, path }, opts);
    const { namespace } = backend.namespace;
    if (!backend.namespace.routable)
      throw new Error(
        `route ${args.name} has a backend in namespace ${namespace}, which is not routable\n  fix: create the namespace with routable: true`,
      );
    const childOptions = { provider, parent: this };
    const objectName = `route-${args.name}`;
    const { createdBy } = backend;
    // A policy looks for the service at preview, so both names are plain strings.
    const [creator, servedBy] =
      "release" in createdBy
        ? [createdBy.release, { [servedByAnnotation]: createdBy.name }]
        : [createdBy, {}];
    const annotations = { ...servedBy, ...(login && { [nativeOidcAnnotation]: login.id }) };
    const allowed = networkPolicy(
      `${name}-from-gateway`,
      {
        namespace,
        rule: {
          name: objectName,
          pods: backend.pods,
          direction: "ingress",
          peer: gateway.class.proxyPeer,
          ports: [backend.podPort],
        },
      },
      {
        ...childOptions,
        dependsOn: [backend.namespace.ready],
        aliases: [{ name: `${args.name}-from-gateway` }],
      },
    );
    this.ready = customResource(
      name,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: { namespace, name: objectName, annotations },
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
      {
        ...childOptions,
        dependsOn: [gateway.ready, creator, allowed, ...(login ? [login.ready] : [])],
        aliases: [{ name: args.name }],
      },
    );
    this.url = `https://${host}${path === "/" ? "" : path}`;
    this.registerOutputs({ url: this.url });
  }
}
