import pulumi from "@pulumi/pulumi";
import { generatedPassword } from "../generatedPassword.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { networkPolicy } from "../kubernetes/networkPolicy.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { NativeLogin } from "../network/nativeOidc.ts";
import type { Application } from "./application.ts";
import { applicationBlueprint } from "./applicationBlueprint.ts";
import { AppliedBlueprint, type AuthentikHandle } from "./appliedBlueprint.ts";
import { serverPods } from "./authentikValues.ts";
import type { Blueprint } from "./blueprint.ts";
import { clientSecretOf } from "./clientSecret.ts";
import { authentikNamespace, authentikService, type OidcUrls, oidcUrls } from "./oidc.ts";

/** An Authentik that takes applications: the lab's own blueprint is applied. */
export interface LoginProvider extends AuthentikHandle {
  readonly blueprint: Blueprint;
  readonly ready: pulumi.Resource;
}

/**
 * An application in Authentik, and what its service needs to send people there. A service that speaks OpenID Connect
 * itself takes it from here; one that does not gets a ProtectedRoute.
 */
export class OidcClient extends pulumi.ComponentResource implements NativeLogin {
  readonly id: string;
  readonly secret: pulumi.Output<string>;
  readonly urls: OidcUrls;
  /** Authentik knows it. */
  readonly ready: pulumi.Resource;
  /** The policies that allow the service's pods to connect to Authentik. Empty for a service behind a proxy. */
  readonly networkPolicies: readonly pulumi.Resource[];

  constructor(
    name: string,
    args: {
      readonly provider: LoginProvider;
      readonly application: Application;
      /** How often its secret was changed. */
      readonly rotation: number;
      /** The pods of a service that fetches its tokens itself; proxies have a way of their own. */
      readonly pods?: { readonly namespace: Namespace; readonly labels: Readonly<Record<string, string>> };
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { provider, application, rotation } = args;
    const { login, groups, host } = application;
    super("lab:identity:OidcClient", name, { host, groups, login, rotation }, opts);
    const seed = generatedPassword(`client-${name}`, 48, { parent: this, protect: provider.protect });
    this.id = application.name;
    this.urls = oidcUrls(provider.domain, application.name);
    this.secret = pulumi.secret(
      seed.result.apply((value) => clientSecretOf(value, application.name, rotation)),
    );
    this.ready = new AppliedBlueprint(
      name,
      {
        authentik: provider,
        make: ({ client = "" }) => applicationBlueprint(provider.domain, application, client),
        secrets: { client: this.secret },
        generation: String(rotation),
        before: [provider.blueprint],
        after: [provider.ready],
      },
      { parent: this },
    ).ready;
    this.networkPolicies = this.#networkPolicies(args);
    this.registerOutputs({ id: this.id });
  }

  /** Out of the service's pods, and into Authentik's: tokens are fetched inside the cluster. */
  #networkPolicies({
    provider,
    application: { name },
    pods,
  }: ConstructorParameters<typeof OidcClient>[1]): pulumi.Resource[] {
    if (pods === undefined) return [];
    const { namespace, labels } = pods;
    const policy = (within: Namespace, rule: NetworkRule) =>
      networkPolicy(
        rule.name,
        { namespace: within.namespace, rule },
        { provider: provider.provider, parent: this, dependsOn: [within.ready] },
      );
    const ports = [authentikService.podPort];
    return [
      policy(namespace, {
        name: `${name}-to-authentik`,
        pods: labels,
        direction: "egress",
        peer: { namespace: authentikNamespace, pods: serverPods },
        ports,
      }),
      policy(provider.namespace, {
        name: `authentik-from-${name}`,
        pods: serverPods,
        direction: "ingress",
        peer: { namespace: namespace.namespace, pods: labels },
        ports,
      }),
    ];
  }
}
