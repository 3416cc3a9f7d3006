import { adminGroup, sessionHours } from "../identitySettings.ts";
import type { OidcUrls } from "../oidc.ts";

/** The path that redirects to the login, and the path of the redirect URI. */
export const grafanaPaths = { start: "/", callback: "/login/generic_oauth" } as const;

/**
 * The sections of grafana.ini for the lab's login. Client ID and secret are environment variables of Grafana:
 * GF_AUTH_GENERIC_OAUTH_CLIENT_ID and GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET.
 */
export function grafanaLogin(urls: OidcUrls) {
  return {
    // No login form, so no password can be guessed. docs/how-to/monitoring.md says how to log in while Authentik is down.
    auth: {
      disable_login_form: true,
      // A user who leaves a group loses access within this time, as behind a proxy.
      login_maximum_inactive_lifetime_duration: `${sessionHours}h`,
      login_maximum_lifetime_duration: `${sessionHours}h`,
    },
    "auth.generic_oauth": {
      enabled: true,
      name: "the lab's login",
      auto_login: true,
      scopes: "openid email profile",
      auth_url: urls.authorize,
      // Grafana's pods request these at the name of the service in the cluster: Grafana does not compare the issuer.
      token_url: urls.token,
      api_url: urls.userinfo,
      // Without it a logout logs the user in again at once.
      signout_redirect_url: urls.logout,
      use_pkce: true,
      login_attribute_path: "preferred_username",
      groups_attribute_path: "groups",
      // Authentik decides who has access at all.
      role_attribute_path: `contains(groups[*], '${adminGroup}') && 'Admin' || 'Viewer'`,
      role_attribute_strict: true,
    },
  };
}
