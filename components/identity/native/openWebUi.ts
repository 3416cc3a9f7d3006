import { type Application, callbackOf } from "../application.ts";
import { adminGroup, sessionHours } from "../identitySettings.ts";
import { oidcUrls, serviceUrl } from "../oidc.ts";

/**
 * Where Open WebUI sends people to the login, and where it is called back. Its pages show anybody their empty frame, and
 * go to the start by themselves.
 */
export const openWebUiPaths = { start: "/oauth/oidc/login", callback: "/oauth/oidc/callback" } as const;

/** The variable that its client's secret goes into, from a Secret. */
export const openWebUiSecret = "OAUTH_CLIENT_SECRET";

/**
 * The environment that has Open WebUI send people to the lab's login, without the client's secret. Version 0.12.4 was
 * tried with it against the provider of these tests: passwords and strangers are turned away, groups decide the rest.
 *
 * It reads the discovery document, and nothing beside it: its pods need `gatewayEgress`, and to trust its
 * certificate. Whoever enters first becomes its administrator, whatever his groups are; so an administrator goes first.
 */
export function openWebUiEnvironment(domain: string, application: Application): Record<string, string> {
  const { name, host, groups } = application;
  return {
    WEBUI_URL: serviceUrl(domain, host),
    OPENID_PROVIDER_URL: oidcUrls(domain, name).discovery,
    // Behind the Gateway it would make one with http of the request.
    OPENID_REDIRECT_URI: callbackOf(domain, application),
    OAUTH_CLIENT_ID: name,
    OAUTH_PROVIDER_NAME: "the lab's login",
    OAUTH_SCOPES: "openid email profile",
    OAUTH_CODE_CHALLENGE_METHOD: "S256",
    // Somebody who was never there gets an account; no stranger comes this far.
    ENABLE_OAUTH_SIGNUP: "true",
    OAUTH_AUTO_REDIRECT: "true",
    // No form for strangers to try passwords at. The first alone would hide it and still take passwords.
    ENABLE_LOGIN_FORM: "false",
    ENABLE_PASSWORD_AUTH: "false",
    // Groups are looked at with every login. Whoever has none keeps what he was: him Authentik turns away.
    ENABLE_OAUTH_ROLE_MANAGEMENT: "true",
    OAUTH_ROLES_CLAIM: "groups",
    OAUTH_ALLOWED_ROLES: groups.join(","),
    OAUTH_ADMIN_ROLES: adminGroup,
    JWT_EXPIRES_IN: `${sessionHours}h`,
    WEBUI_SESSION_COOKIE_SECURE: "true",
  };
}
