import { type Blueprint, type Entry, Find, KeyOf, type Value } from "./blueprint.ts";

/**
 * The fields of each kind of object that the lab makes, as Authentik 2026.8 takes them: those of the same objects in
 * its API (authentik-client 2026.8.0), and a user's password, which only a blueprint may set. Authentik passes over a
 * field that it does not know, and leaves the setting at its default without a word.
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

/** What has to be said of an object when it is made, beside what it is found by. */
const needed: Readonly<Record<string, readonly string[]>> = {
  "authentik_core.application": ["name", "slug", "provider"],
  "authentik_providers_oauth2.oauth2provider": [
    ...["name", "authorization_flow", "invalidation_flow", "client_id", "client_secret", "redirect_uris"],
    // Without a key Authentik signs with the client's secret, and nobody can check it by the published keys.
    "signing_key",
  ],
  "authentik_policies.policybinding": ["target", "order"],
};

/**
 * Objects that Authentik makes of itself, in the blueprints under its own blueprints/{default,system}. Only for fields
 * that may not be empty: until its worker has come to them, a reference is empty, and a blueprint has to fail then.
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
 * What Authentik would refuse or quietly pass over in a blueprint: unknown kinds and fields, bindings of nothing, and
 * references to what no entry makes. `before` are the blueprints that are applied earlier.
 */
export function blueprintProblems(blueprint: Blueprint, before: readonly Blueprint[] = []): string[] {
  const problems: string[] = [];
  const made: Entry[] = before.flatMap(({ entries }) => entries);
  const ids = new Set<string>();
  if (blueprint.entries.length === 0) problems.push(`${blueprint.name} has no entries`);

  for (const [index, entry] of blueprint.entries.entries()) {
    const at = `${blueprint.name}, entry ${index + 1} (${entry.model})`;
    const set = { ...entry.identifiers, ...entry.attrs };
    const known = fields[entry.model];
    if (known === undefined) problems.push(`${at} is of a kind that the lab does not know`);
    else
      for (const field of Object.keys(set))
        if (!known.includes(field)) problems.push(`${at} has no field ${field}`);
    if (Object.keys(entry.identifiers).length === 0) problems.push(`${at} is found by nothing`);
    for (const field of needed[entry.model] ?? [])
      if (set[field] === undefined || set[field] === "") problems.push(`${at} needs ${field}`);
    if (entry.model === "authentik_policies.policybinding") {
      const bound = ["policy", "group", "user"].filter((field) => set[field] !== undefined);
      if (bound.length !== 1) problems.push(`${at} binds ${bound.join(" and ") || "nothing"}, not one thing`);
    }
    for (const reference of referencesIn(set)) {
      const problem = unresolved(reference, ids, made);
      if (problem !== undefined) problems.push(`${at} ${problem}`);
    }
    if (entry.id !== undefined && ids.has(entry.id)) problems.push(`${at} takes the id ${entry.id} again`);
    if (entry.id !== undefined) ids.add(entry.id);
    made.push(entry);
  }
  return problems;
}

function unresolved(
  reference: Find | KeyOf,
  ids: ReadonlySet<string>,
  made: readonly Entry[],
): string | undefined {
  // Only what stands further up: Authentik makes the entries one after the other.
  if (reference instanceof KeyOf)
    return ids.has(reference.id)
      ? undefined
      : `refers to ${reference.id}, which no entry before it is called`;
  const conditions = Object.entries(reference.conditions);
  const isIt = (model: string, set: Readonly<Record<string, unknown>>) =>
    model === reference.model && conditions.every(([field, value]) => set[field] === value);
  const found =
    made.some(({ model, identifiers, attrs }) => isIt(model, { ...identifiers, ...attrs })) ||
    Object.values(authentikDefaults).some(({ model, conditions: own }) => isIt(model, own));
  if (found) return undefined;
  const spelled = conditions.map((pair) => pair.join(" ")).join(", ");
  return `looks for ${reference.model} with ${spelled}, which neither an entry before it nor Authentik makes`;
}

function referencesIn(value: Value): (Find | KeyOf)[] {
  if (value instanceof Find || value instanceof KeyOf) return [value];
  if (typeof value !== "object") return [];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(referencesIn);
}
