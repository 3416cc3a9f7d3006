import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import { generatedPassword } from "../generatedPassword.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import type { Gateway } from "../network/gateway.ts";
import { Route } from "../network/route.ts";
import type { ProtectedService } from "./applications.ts";
import { cookieSecretLength } from "./cookieSecret.ts";
import { podsOfProxy, proxyName, proxyPort, proxyValues } from "./oauth2Proxy.ts";
import { type LoginProvider, OidcClient } from "./oidcClient.ts";

export interface ProtectedRouteArgs {
  readonly service: ProtectedService;
  /** A higher number replaces the client secret. */
  readonly rotation: number;
  readonly gateway: Gateway;
  readonly provider: LoginProvider;
  /** The namespace of the proxies. */
  readonly login: Namespace;
  /** What the network policy of the service's pods waits for: the service's release or its namespace. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * Exposes a service to the members of its groups: the application in Authentik, an OAuth2-Proxy with its secrets, the
 * route to the proxy, and the network policies that allow the proxy, and nothing else, to connect to the service (A4).
 */
export class ProtectedRoute extends pulumi.ComponentResource {
  /** The address for browsers. */
  readonly url: string;
  /** The HTTPRoute to the proxy, which is ready. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: ProtectedRouteArgs, opts: pulumi.ComponentResourceOptions) {
    const { service, rotation, gateway, provider, login } = args;
    const { host, groups, upstream } = service;
    super("lab:identity:ProtectedRoute", name, { host, groups, upstream, rotation }, opts);
    const childOptions = { provider: provider.provider, parent: this };
    const { namespace } = login;
    const objectName = proxyName(service.name);

    const client = new OidcClient(
      `${name}-client`,
      { provider, application: service, rotation },
      { parent: this, aliases: [{ name: service.name }] },
    );
    // Not RandomBytes: its id is the secret, which the state stores in plain text and every diff prints (C5).
    const cookie = generatedPassword(`${name}-cookie`, cookieSecretLength, {
      parent: this,
      protect: provider.protect,
      aliases: [{ name: `cookie-${service.name}` }],
    });
    const secret = new kubernetes.core.v1.Secret(
      `${name}-proxy-secret`,
      {
        metadata: { namespace, name: objectName },
        stringData: {
          "client-id": client.id,
          "client-secret": client.secret,
          "cookie-secret": cookie.result,
        },
      },
      { ...childOptions, dependsOn: [login.ready], aliases: [{ name: objectName }] },
    );
    const proxy = release(
      `${name}-proxy`,
      {
        releaseName: objectName,
        chart: charts.oauth2Proxy,
        namespace,
        values: proxyValues(provider.domain, service, upstream, rotation),
        timeoutSeconds: 600,
      },
      {
        ...childOptions,
        dependsOn: [secret, client.ready, ...this.#networkPolicies(name, args)],
        aliases: [{ name: objectName }],
      },
    );
    const route = new Route(
      `${name}-route`,
      {
        gateway,
        provider: provider.provider,
        name: service.name,
        host,
        backend: {
          namespace: login,
          service: objectName,
          port: 80,
          pods: podsOfProxy(service.name),
          podPort: proxyPort,
          createdBy: { release: proxy, name: objectName },
        },
      },
      { parent: this, aliases: [{ name: service.name }] },
    );
    this.url = route.url;
    this.ready = route.ready;
    this.registerOutputs({ url: this.url });
  }

  /** Egress of the proxy and ingress of the service's pods. The ingress policy denies every other client. */
  #networkPolicies(
    routeName: string,
    { service: { name, upstream }, provider, login, after }: ProtectedRouteArgs,
  ): pulumi.Resource[] {
    const policy = (
      suffix: string,
      namespace: string,
      rule: NetworkRule,
      dependsOn: readonly pulumi.Resource[],
    ) =>
      networkPolicy(
        `${routeName}-${suffix}`,
        { namespace, rule },
        {
          provider: provider.provider,
          parent: this,
          dependsOn: [...dependsOn],
          aliases: [{ name: rule.name }],
        },
      );
    return [
      policy(
        "proxy-egress",
        login.namespace,
        {
          name: `login-to-${name}`,
          pods: podsOfProxy(name),
          direction: "egress",
          peer: { namespace: upstream.namespace, pods: upstream.pods },
          ports: [upstream.podPort],
        },
        [login.ready],
      ),
      policy(
        "service-ingress",
        upstream.namespace,
        {
          name: `${name}-from-login`,
          pods: upstream.pods,
          direction: "ingress",
          peer: { namespace: login.namespace, pods: podsOfProxy(name) },
          ports: [upstream.podPort],
        },
        after,
      ),
    ];
  }
}
