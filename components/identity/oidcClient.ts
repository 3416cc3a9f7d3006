import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
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

/** An Authentik that accepts applications. */
export interface LoginProvider extends AuthentikHandle {
  /** The lab's blueprint, whose objects applications refer to. */
  readonly blueprint: Blueprint;
  /** The lab's blueprint is applied. */
  readonly ready: pulumi.Resource;
}

export interface OidcClientArgs {
  readonly provider: LoginProvider;
  readonly application: Application;
  /** A higher number replaces the client secret. */
  readonly rotation: number;
  /** The pods of a service that requests tokens itself. Default: none, because a proxy requests them. */
  readonly pods?: { readonly namespace: Namespace; readonly labels: Readonly<Record<string, string>> };
}

/**
 * An application in Authentik with its client ID, client secret and URLs. For a service that implements OpenID Connect
 * itself. A service without a login of its own needs a ProtectedRoute.
 */
export class OidcClient extends pulumi.ComponentResource implements NativeLogin {
  readonly id: string;
  readonly secret: pulumi.Output<string>;
  readonly urls: OidcUrls;
  /** The blueprint of the application is applied. */
  readonly ready: pulumi.Resource;
  /** The policies that allow the service's pods to connect to Authentik. Empty without `pods`. */
  readonly networkPolicies: readonly pulumi.Resource[];

  constructor(name: string, args: OidcClientArgs, opts: pulumi.ComponentResourceOptions) {
    const { provider, application, rotation } = args;
    const { login, groups, host } = application;
    super(
      componentTypes.oidcClient,
      name,
      // A policy finds the client of a route by its application.
      { application: application.name, host, groups, login, rotation },
      opts,
    );
    const seed = generatedPassword(`${name}-secret`, 48, {
      parent: this,
      protect: provider.protect,
      aliases: [{ name: `client-${application.name}` }],
    });
    this.id = application.name;
    this.urls = oidcUrls(provider.domain, application.name);
    this.secret = pulumi.secret(
      seed.result.apply((value) => clientSecretOf(value, application.name, rotation)),
    );
    this.ready = new AppliedBlueprint(
      `${name}-blueprint`,
      {
        authentik: provider,
        name: application.name,
        make: ({ client = "" }) => applicationBlueprint(provider.domain, application, client),
        secrets: { client: this.secret },
        generation: String(rotation),
        references: [provider.blueprint],
        after: [provider.ready],
      },
      { parent: this, aliases: [{ name: application.name }] },
    ).ready;
    this.networkPolicies = this.#networkPolicies(name, args);
    this.registerOutputs({ id: this.id });
  }

  /** Egress of the service's pods and ingress of Authentik's: the service requests tokens inside the cluster. */
  #networkPolicies(name: string, { provider, application, pods }: OidcClientArgs): pulumi.Resource[] {
    if (pods === undefined) return [];
    const policy = (suffix: string, within: Namespace, rule: NetworkRule) =>
      networkPolicy(
        `${name}-${suffix}`,
        { namespace: within.namespace, rule },
        {
          provider: provider.provider,
          parent: this,
          dependsOn: [within.ready],
          aliases: [{ name: rule.name }],
        },
      );
    const ports = [authentikService.podPort];
    return [
      policy("to-authentik", pods.namespace, {
        name: `${application.name}-to-authentik`,
        pods: pods.labels,
        direction: "egress",
        peer: { namespace: authentikNamespace, pods: serverPods },
        ports,
      }),
      policy("into-authentik", provider.namespace, {
        name: `authentik-from-${application.name}`,
        pods: serverPods,
        direction: "ingress",
        peer: { namespace: pods.namespace.namespace, pods: pods.labels },
        ports,
      }),
    ];
  }
}
