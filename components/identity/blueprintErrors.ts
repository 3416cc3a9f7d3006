import { type Blueprint, type Entry, Find, KeyOf, type Value } from "./blueprint.ts";

/**
 * The fields of each model that the lab creates, as Authentik 2026.8 accepts them: those of its API (authentik-client
 * 2026.8.0), and a user's password, which only a blueprint can set. Authentik ignores an unknown field without an error,
 * so the setting keeps its default.
 */
const fields: Readonly<Record<string, readonly string[]>> = {
  "authentik_core.group": ["name", "is_superuser", "parents", "users", "attributes", "roles"],
  "authentik_core.user": [
    ...["username", "name", "is_active", "groups", "roles", "email", "attributes", "path", "type"],
    "password",
  ],
  "authentik_core.application": [
    ...[
      "name",
      "slug",
      "provider",
      "backchannel_providers",
      "open_in_new_tab",
      "meta_launch_url",
      "meta_icon",
    ],
    ...["meta_description", "meta_publisher", "policy_engine_mode", "group", "meta_hide"],
  ],
  "authentik_flows.flow": ["name", "slug", "title", "designation", "authentication"],
  "authentik_crypto.certificatekeypair": ["name", "certificate_data", "key_data"],
  "authentik_providers_oauth2.scopemapping": ["managed", "name", "expression", "scope_name", "description"],
  "authentik_providers_oauth2.oauth2provider": [
    ...["name", "authentication_flow", "authorization_flow", "invalidation_flow", "property_mappings"],
    ...["client_type", "grant_types", "client_id", "client_secret", "access_code_validity"],
    ...["access_token_validity", "refresh_token_validity", "refresh_token_threshold"],
    ...["include_claims_in_id_token", "signing_key", "encryption_key", "redirect_uris", "logout_uri"],
    ...["logout_method", "sub_mode", "issuer_mode", "jwt_federation_sources", "jwt_federation_providers"],
  ],
  "authentik_policies_expression.expressionpolicy": ["name", "execution_logging", "expression"],
  "authentik_policies.policybinding": [
    ...["policy", "group", "user", "target", "negate", "enabled", "order", "timeout", "failure_result"],
  ],
  "authentik_brands.brand": [
    ...["domain", "default", "branding_title", "branding_logo", "branding_favicon", "branding_custom_css"],
    ...["flow_authentication", "flow_invalidation", "flow_recovery", "flow_user_settings", "web_certificate"],
    ...["default_application", "attributes"],
  ],
  "authentik_stages_user_login.userloginstage": [
    ...["name", "session_duration", "terminate_other_sessions", "remember_me_offset", "network_binding"],
    ...["geoip_binding", "remember_device"],
  ],
  "authentik_stages_authenticator_validate.authenticatorvalidatestage": [
    ...["name", "not_configured_action", "device_classes", "configuration_stages", "last_auth_threshold"],
  ],
};

/** The required fields of a new object. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  "authentik_core.application": ["name", "slug", "provider"],
  "authentik_providers_oauth2.oauth2provider": [
    ...["name", "authorization_flow", "invalidation_flow", "client_id", "client_secret", "redirect_uris"],
    // Without a key Authentik signs with the client's secret, and no published key verifies the token.
    "signing_key",
  ],
  "authentik_policies.policybinding": ["target", "order"],
};

/**
 * Objects of Authentik's own blueprints (blueprints/{default,system} in its repository). Only required fields may refer to
 * them: until Authentik's worker has created them, the reference is empty, and the blueprint must fail then.
 */
export const authentikDefaults = {
  consent: new Find("authentik_flows.flow", { slug: "default-provider-authorization-implicit-consent" }),
  logout: new Find("authentik_flows.flow", { slug: "default-provider-invalidation-flow" }),
  openid: new Find("authentik_providers_oauth2.scopemapping", {
    managed: "goauthentik.io/providers/oauth2/scope-openid",
  }),
  profile: new Find("authentik_providers_oauth2.scopemapping", {
    managed: "goauthentik.io/providers/oauth2/scope-profile",
  }),
  totpSetup: new Find("authentik_stages_authenticator_totp.authenticatortotpstage", {
    name: "default-authenticator-totp-setup",
  }),
} as const;

/**
 * Reports what Authentik would reject or ignore in a blueprint: unknown models and fields, missing fields, bindings
 * without a target, and references to objects that no entry creates. `earlier`: blueprints that are applied before.
 */
export function blueprintErrors(blueprint: Blueprint, earlier: readonly Blueprint[] = []): string[] {
  const errors: string[] = [];
  const known: Entry[] = earlier.flatMap(({ entries }) => entries);
  const ids = new Set<string>();
  if (blueprint.entries.length === 0) errors.push(`${blueprint.name} has no entries`);

  for (const [index, entry] of blueprint.entries.entries()) {
    const at = `${blueprint.name}, entry ${index + 1} (${entry.model})`;
    const set = { ...entry.identifiers, ...entry.attrs };
    const modelFields = fields[entry.model];
    if (modelFields === undefined) errors.push(`${at} has an unknown model`);
    else
      for (const field of Object.keys(set))
        if (!modelFields.includes(field)) errors.push(`${at} has no field ${field}`);
    if (Object.keys(entry.identifiers).length === 0) errors.push(`${at} has no identifiers`);
    for (const field of requiredFields[entry.model] ?? [])
      if (set[field] === undefined || set[field] === "") errors.push(`${at} must set ${field}`);
    if (entry.model === "authentik_policies.policybinding") {
      const bound = ["policy", "group", "user"].filter((field) => set[field] !== undefined);
      if (bound.length !== 1)
        errors.push(
          `${at} binds ${bound.join(" and ") || "nothing"}; it must bind exactly one of policy, group and user`,
        );
    }
    for (const reference of referencesIn(set)) {
      const error = unresolved(reference, ids, known);
      if (error !== undefined) errors.push(`${at} ${error}`);
    }
    if (entry.id !== undefined && ids.has(entry.id))
      errors.push(`${at} uses the id ${entry.id} of an earlier entry`);
    if (entry.id !== undefined) ids.add(entry.id);
    known.push(entry);
  }
  return errors;
}

function unresolved(
  reference: Find | KeyOf,
  ids: ReadonlySet<string>,
  known: readonly Entry[],
): string | undefined {
  // Only earlier entries: Authentik creates the entries in order.
  if (reference instanceof KeyOf)
    return ids.has(reference.id)
      ? undefined
      : `refers to ${reference.id}, which is not the id of an earlier entry`;
  const conditions = Object.entries(reference.conditions);
  const matches = (model: string, set: Readonly<Record<string, unknown>>) =>
    model === reference.model && conditions.every(([field, value]) => set[field] === value);
  const found =
    known.some(({ model, identifiers, attrs }) => matches(model, { ...identifiers, ...attrs })) ||
    Object.values(authentikDefaults).some(({ model, conditions: own }) => matches(model, own));
  if (found) return undefined;
  const fieldsText = conditions.map((pair) => pair.join(" ")).join(", ");
  return `looks for ${reference.model} with ${fieldsText}, which neither an earlier entry nor Authentik creates`;
}

function referencesIn(value: Value): (Find | KeyOf)[] {
  if (value instanceof Find || value instanceof KeyOf) return [value];
  if (typeof value !== "object") return [];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(referencesIn);
}
