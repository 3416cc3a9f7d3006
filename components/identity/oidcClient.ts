import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import type { Application } from "./application.ts";
import { applicationBlueprint } from "./applicationBlueprint.ts";
import { AppliedBlueprint, type AuthentikHandle } from "./appliedBlueprint.ts";
import type { Blueprint } from "./blueprint.ts";
import { clientSecretOf } from "./clientSecret.ts";
import { type OidcUrls, oidcUrls } from "./oidc.ts";

/** An Authentik that takes applications: the lab's own blueprint is applied. */
export interface LoginProvider extends AuthentikHandle {
  readonly blueprint: Blueprint;
  readonly ready: pulumi.Resource;
}

/**
 * An application in Authentik, and what its service needs to send people there. A service that speaks OpenID Connect
 * itself takes it from here; one that does not gets a ProtectedRoute.
 */
export class OidcClient extends pulumi.ComponentResource {
  readonly id: string;
  readonly secret: pulumi.Output<string>;
  readonly urls: OidcUrls;
  /** Authentik knows it. */
  readonly registered: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly provider: LoginProvider;
      readonly application: Application;
      /** How often its secret was changed. */
      readonly rotation: number;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { provider, application, rotation } = args;
    const { login, groups, host } = application;
    super("lab:identity:OidcClient", name, { host, groups, login, rotation }, opts);
    const seed = new random.RandomPassword(
      `client-${name}`,
      { length: 48, special: false },
      { parent: this, protect: provider.protect },
    );
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
    this.registerOutputs({ id: this.id });
  }
}
