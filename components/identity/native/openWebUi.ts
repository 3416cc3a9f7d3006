import { type Application, callbackOf } from "../application.ts";
import { adminGroup, sessionHours } from "../identitySettings.ts";
import { oidcUrls, serviceUrl } from "../oidc.ts";

/**
 * The path that redirects to the login, and the path of the redirect URI. Open WebUI's pages load without a login, show no
 * data, and go to the start path by themselves.
 */
export const openWebUiPaths = { start: "/oauth/oidc/login", callback: "/oauth/oidc/callback" } as const;

/** The environment variable of the client secret, which comes from a Secret. */
export const openWebUiSecret = "OAUTH_CLIENT_SECRET";

/**
 * The environment of Open WebUI for the lab's login, without the client secret. Tested with version 0.12.4 against the OIDC
 * provider of these tests: it rejects passwords and users without a group, and groups set the role.
 *
 * Open WebUI reads the public discovery document only: its pods need the rules of `gatewayEgress` and must trust the
 * Gateway's certificate. The first user becomes an administrator regardless of groups: let an admin log in first.
 */
export function openWebUiEnvironment(domain: string, application: Application): Record<string, string> {
  const { name, host, groups } = application;
  return {
    WEBUI_URL: serviceUrl(domain, host),
    OPENID_PROVIDER_URL: oidcUrls(domain, name).discovery,
    // Behind the Gateway Open WebUI would build a redirect URI with http from the request.
    OPENID_REDIRECT_URI: callbackOf(domain, application),
    OAUTH_CLIENT_ID: name,
    OAUTH_PROVIDER_NAME: "the lab's login",
    OAUTH_SCOPES: "openid email profile",
    OAUTH_CODE_CHALLENGE_METHOD: "S256",
    // Creates an account at the first login. Authentik has checked the groups before.
    ENABLE_OAUTH_SIGNUP: "true",
    OAUTH_AUTO_REDIRECT: "true",
    // No password login. ENABLE_LOGIN_FORM alone hides the form and still accepts passwords.
    ENABLE_LOGIN_FORM: "false",
    ENABLE_PASSWORD_AUTH: "false",
    // Every login reads the groups. Users without a group keep their old role; Authentik denies them access.
    ENABLE_OAUTH_ROLE_MANAGEMENT: "true",
    OAUTH_ROLES_CLAIM: "groups",
    OAUTH_ALLOWED_ROLES: groups.join(","),
    OAUTH_ADMIN_ROLES: adminGroup,
    JWT_EXPIRES_IN: `${sessionHours}h`,
    WEBUI_SESSION_COOKIE_SECURE: "true",
  };
}
