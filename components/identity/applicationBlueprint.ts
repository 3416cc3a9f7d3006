import { type Application, callbackOf } from "./application.ts";
import { type Blueprint, KeyOf } from "./blueprint.ts";
import { authentikDefaults } from "./blueprintErrors.ts";
import { emailScope, signingKey } from "./labBlueprint.ts";
import { serviceUrl } from "./oidc.ts";

/** The blueprint of one application: provider, application and access policy. Refers to objects of the lab's blueprint. */
export function applicationBlueprint(
  domain: string,
  application: Application,
  clientSecret: string,
): Blueprint {
  const { name, title, host, groups } = application;
  const allowed = groups.map((group) => `ak_is_group_member(request.user, name=${JSON.stringify(group)})`);
  return {
    name: `lab: ${name}`,
    entries: [
      {
        model: "authentik_providers_oauth2.oauth2provider",
        id: "provider",
        identifiers: { name },
        attrs: {
          client_type: "confidential",
          client_id: name,
          client_secret: clientSecret,
          grant_types: ["authorization_code"],
          authorization_flow: authentikDefaults.consent,
          invalidation_flow: authentikDefaults.logout,
          redirect_uris: [
            {
              matching_mode: "strict",
              url: callbackOf(domain, application),
              redirect_uri_type: "authorization",
            },
          ],
          signing_key: signingKey,
          // Each application has an issuer of its own (A3).
          issuer_mode: "per_provider",
          property_mappings: [authentikDefaults.openid, emailScope, authentikDefaults.profile],
          include_claims_in_id_token: true,
        },
      },
      {
        model: "authentik_core.application",
        id: "application",
        identifiers: { slug: name },
        attrs: { name: title, provider: new KeyOf("provider"), meta_launch_url: serviceUrl(domain, host) },
      },
      {
        // One policy that names all groups, instead of one binding per group: Authentik does not delete a binding that
        // disappears from a blueprint, so a removed group would keep its access.
        model: "authentik_policies_expression.expressionpolicy",
        id: "members",
        identifiers: { name: `lab: ${name}` },
        attrs: { expression: `return ${allowed.length === 0 ? "False" : allowed.join(" or ")}\n` },
      },
      {
        model: "authentik_policies.policybinding",
        identifiers: { target: new KeyOf("application"), order: 0 },
        attrs: { policy: new KeyOf("members"), enabled: true },
      },
    ],
  };
}
