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

/**
 * A service that only members of some groups reach, of one declaration: the application in Authentik, an OAuth2-Proxy
 * with its secrets, the route to the proxy, and the way from it to the service, which nobody else has (A4).
 */
export class ProtectedRoute extends pulumi.ComponentResource {
  /** Where people find it. */
  readonly url: string;
  /** Its proxy serves, and the route leads there: what visits it depends on this. */
  readonly ready: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly service: ProtectedService;
      readonly rotation: number;
      readonly gateway: Gateway;
      readonly provider: LoginProvider;
      /** Where the proxies live. */
      readonly login: Namespace;
      /** What has to be there before the service can be reached: its release, and its namespace. */
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { service, rotation, gateway, provider, login } = args;
    const { host, groups, upstream } = service;
    super("lab:identity:ProtectedRoute", name, { host, groups, upstream, rotation }, opts);
    const own = { provider: provider.provider, parent: this };
    const inside = { namespace: login.namespace, name: proxyName(service.name) };

    const client = new OidcClient(
      service.name,
      { provider, application: service, rotation },
      { parent: this },
    );
    // Not RandomBytes: the provider makes the bytes its id, which no state encrypts and every diff shows (C5).
    const cookie = generatedPassword(`cookie-${service.name}`, cookieSecretLength, {
      parent: this,
      protect: provider.protect,
    });
    const secret = new kubernetes.core.v1.Secret(
      proxyName(service.name),
      {
        metadata: inside,
        stringData: {
          "client-id": client.id,
          "client-secret": client.secret,
          "cookie-secret": cookie.result,
        },
      },
      { ...own, dependsOn: [login.ready] },
    );
    const proxy = release(
      proxyName(service.name),
      {
        chart: charts.oauth2Proxy,
        namespace: login.namespace,
        values: proxyValues(provider.domain, service, upstream, rotation),
        timeoutSeconds: 600,
      },
      { ...own, dependsOn: [secret, client.ready, ...this.#networkPolicies(service, own, args)] },
    );
    const route = new Route(
      service.name,
      {
        gateway,
        provider: provider.provider,
        host,
        backend: {
          namespace: login,
          service: proxyName(service.name),
          port: 80,
          pods: podsOfProxy(service.name),
          podPort: proxyPort,
          madeBy: { release: proxy, name: proxyName(service.name) },
        },
      },
      { parent: this },
    );
    this.url = route.url;
    this.ready = route;
    this.registerOutputs({ url: this.url });
  }

  /** Out of the proxy, and into the service's pods; with the second one they are shut to all others. */
  #networkPolicies(
    { name, upstream }: ProtectedService,
    own: pulumi.CustomResourceOptions,
    { login, after }: { readonly login: Namespace; readonly after: readonly pulumi.Resource[] },
  ): pulumi.Resource[] {
    const policy = (namespace: string, rule: NetworkRule, dependsOn: readonly pulumi.Resource[]) =>
      networkPolicy(rule.name, { namespace, rule }, { ...own, dependsOn: [...dependsOn] });
    return [
      policy(
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
