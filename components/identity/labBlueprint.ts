import { type Blueprint, type Entry, Find, KeyOf } from "./blueprint.ts";
import { authentikDefaults } from "./blueprintProblems.ts";
import { adminGroup, groupsOf, type IdentitySettings } from "./identitySettings.ts";

/** What signs every token. */
export const signingKey = new Find("authentik_crypto.certificatekeypair", { name: "lab" });

/** The scope `email` of the lab's applications. */
export const emailScope = new Find("authentik_providers_oauth2.scopemapping", { name: "lab: e-mail" });

/**
 * Authentik's own flows that the lab's brand names. Made here where its worker has not come to them yet, which gives
 * them their stages whenever it does: the field of a brand may be empty, and a reference to what is not there yet would
 * leave it so for good.
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

/** What the lab's blueprint cannot know by itself. */
export interface LabSecrets {
  /** In PEM. */
  readonly certificate: string;
  readonly key: string;
  /** The first password of each user. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** What all applications share: groups, people, the signing key, the scope of e-mail addresses, the login itself. */
export function labBlueprint(domain: string, settings: IdentitySettings, secrets: LabSecrets): Blueprint {
  return {
    name: "lab",
    entries: [
      {
        // Of the lab's own making: it outlives a rebuild, and Authentik's own could be missing, which it would take
        // for leave to sign with the client's secret.
        model: signingKey.model,
        identifiers: signingKey.conditions,
        attrs: { certificate_data: secrets.certificate, key_data: secrets.key },
      },
      ...groupsOf(settings).map((name) => ({
        model: "authentik_core.group",
        id: `group-${name}`,
        identifiers: { name },
        // Authentik's own administration opens to superusers only.
        attrs: { is_superuser: name === adminGroup },
      })),
      ...Object.keys(settings.users).flatMap((username) => userEntries(username, settings, secrets)),
      {
        // Since 2025.10 Authentik vouches for no address, and OAuth2-Proxy refuses one that nobody vouches for. The lab
        // does: addresses come from its file, and nobody can change their own (default_user_change_email is off).
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
    throw new Error(`nothing is known of the user ${username}`);
  const model = "authentik_core.user";
  const identifiers = { username };
  return [
    // Once: whoever has chosen a password keeps it.
    { model, state: "created", identifiers, attrs: { name: username, email: user.email, password } },
    {
      model,
      state: "present",
      identifiers,
      attrs: { email: user.email, groups: user.groups.map((group) => new KeyOf(`group-${group}`)) },
    },
  ];
}

/** The stage that the default login has for it, in either position: what was switched on can be switched off. */
function secondFactor(on: boolean): Entry {
  return {
    model: "authentik_stages_authenticator_validate.authenticatorvalidatestage",
    identifiers: { name: "default-authentication-mfa-validation" },
    attrs: {
      // Whoever has a device is asked for it either way.
      not_configured_action: on ? "configure" : "skip",
      device_classes: ["totp", "webauthn", "static"],
      configuration_stages: on ? [authentikDefaults.totpSetup] : [],
    },
  };
}
