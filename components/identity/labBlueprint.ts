import { type Blueprint, type Entry, Find, KeyOf } from "./blueprint.ts";
import { authentikDefaults } from "./blueprintErrors.ts";
import { adminGroup, groupsOf, type IdentitySettings } from "./identitySettings.ts";

/** The key that signs every token. */
export const signingKey = new Find("authentik_crypto.certificatekeypair", { name: "lab" });

/** The scope mapping `email` of the lab's applications. */
export const emailScope = new Find("authentik_providers_oauth2.scopemapping", { name: "lab: e-mail" });

/**
 * Authentik's default flows that the lab's brand refers to. The blueprint creates them where Authentik's worker has not
 * done so yet; the worker adds their stages later. A field of a brand may be empty, so a reference to a missing flow
 * would leave it empty for good.
 */
const flows = [
  {
    field: "flow_authentication",
    slug: "default-authentication-flow",
    title: "Welcome",
    designation: "authentication",
  },
  {
    field: "flow_invalidation",
    slug: "default-invalidation-flow",
    title: "Logout",
    designation: "invalidation",
  },
  {
    field: "flow_user_settings",
    slug: "default-user-settings-flow",
    title: "User settings",
    designation: "stage_configuration",
  },
] as const;

/** The secrets of the lab's blueprint. */
export interface LabSecrets {
  /** Certificate and key that sign tokens, in PEM. */
  readonly certificate: string;
  readonly key: string;
  /** The initial password of each user. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** What all applications share: groups, users, the signing key, the email scope, and the login flow. */
export function labBlueprint(domain: string, settings: IdentitySettings, secrets: LabSecrets): Blueprint {
  return {
    name: "lab",
    entries: [
      {
        // The lab's own key outlives a rebuild. Authentik's default key may not exist yet, and without a key Authentik
        // signs with the client's secret.
        model: signingKey.model,
        identifiers: signingKey.conditions,
        attrs: { certificate_data: secrets.certificate, key_data: secrets.key },
      },
      ...groupsOf(settings).map((name) => ({
        model: "authentik_core.group",
        id: `group-${name}`,
        identifiers: { name },
        // Authentik's admin interface is for superusers only.
        attrs: { is_superuser: name === adminGroup },
      })),
      ...Object.keys(settings.users).flatMap((username) => userEntries(username, settings, secrets)),
      {
        // Since 2025.10 Authentik sets email_verified to false, and OAuth2-Proxy rejects an unverified address. The lab
        // sets it: addresses come from its configuration, and users cannot change them (default_user_change_email is off).
        model: emailScope.model,
        identifiers: emailScope.conditions,
        attrs: {
          scope_name: "email",
          description: "E-mail address",
          expression: 'return {"email": request.user.email, "email_verified": True}\n',
        },
      },
      ...flows.map(
        ({ slug, title, designation }): Entry => ({
          model: "authentik_flows.flow",
          id: slug,
          state: "created",
          identifiers: { slug },
          attrs: { name: title, title, designation },
        }),
      ),
      {
        model: "authentik_brands.brand",
        identifiers: { domain },
        attrs: {
          branding_title: domain,
          ...Object.fromEntries(flows.map(({ field, slug }) => [field, new KeyOf(slug)])),
        },
      },
      {
        model: "authentik_stages_user_login.userloginstage",
        identifiers: { name: "default-authentication-login" },
        attrs: { session_duration: "hours=12" },
      },
      secondFactor(settings.secondFactor),
    ],
  };
}

function userEntries(username: string, settings: IdentitySettings, secrets: LabSecrets): Entry[] {
  const user = settings.users[username];
  const password = secrets.passwords[username];
  if (user === undefined || password === undefined)
    throw new Error(`user ${username} has no settings or no initial password`);
  const model = "authentik_core.user";
  const identifiers = { username };
  return [
    // Created once: a password that a user changed later stays.
    { model, state: "created", identifiers, attrs: { name: username, email: user.email, password } },
    {
      model,
      state: "present",
      identifiers,
      attrs: { email: user.email, groups: user.groups.map((group) => new KeyOf(`group-${group}`)) },
    },
  ];
}

/** The MFA stage of the default login flow. Written in both states, so that the setting can be turned off again. */
function secondFactor(on: boolean): Entry {
  return {
    model: "authentik_stages_authenticator_validate.authenticatorvalidatestage",
    identifiers: { name: "default-authentication-mfa-validation" },
    attrs: {
      // In both cases a user with a registered device must use it.
      not_configured_action: on ? "configure" : "skip",
      device_classes: ["totp", "webauthn", "static"],
      configuration_stages: on ? [authentikDefaults.totpSetup] : [],
    },
  };
}
