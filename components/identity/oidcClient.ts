import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { customResource } from "../kubernetes/customResource.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import { type NetworkRule, networkRuleSpec } from "../kubernetes/networkRule.ts";
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
  readonly registered: pulumi.Resource;
  /** The way from the service's own pods to Authentik, where they have one. */
  readonly way: readonly pulumi.Resource[];

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
    super(componentTypes.oidcClient, name, { host, groups, login, rotation }, opts);
    const seed = generatedPassword(`client-${name}`, 48, { parent: this, protect: provider.protect });
    this.id = application.name;
    this.urls = oidcUrls(provider.domain, application.name);
    this.secret = pulumi.secret(
      seed.result.apply((value) => clientSecretOf(value, application.name, rotation)),
    );
    this.registered = new AppliedBlueprint(
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
    ).applied;
    this.way = this.#ways(args);
    this.registerOutputs({ id: this.id });
  }

  /** Out of the service's pods, and into Authentik's: tokens are fetched inside the cluster. */
  #ways({
    provider,
    application: { name },
    pods,
  }: ConstructorParameters<typeof OidcClient>[1]): pulumi.Resource[] {
    if (pods === undefined) return [];
    const { namespace, labels } = pods;
    const policy = (within: Namespace, networkRule: NetworkRule) =>
      customResource(
        networkRule.name,
        {
          apiVersion: "cilium.io/v2",
          kind: "CiliumNetworkPolicy",
          metadata: { namespace: within.namespace, name: networkRule.name },
          spec: networkRuleSpec(networkRule),
        },
        { provider: provider.provider, parent: this, dependsOn: [within.guarded] },
      );
    const ports = [authentikService.podPort];
    return [
      policy(namespace, {
        name: `${name}-to-authentik`,
        pods: labels,
        direction: "to",
        peer: { namespace: authentikNamespace, pods: serverPods },
        ports,
      }),
      policy(provider.namespace, {
        name: `authentik-from-${name}`,
        pods: serverPods,
        direction: "from",
        peer: { namespace: namespace.namespace, pods: labels },
        ports,
      }),
    ];
  }
}
