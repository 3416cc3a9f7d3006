import { adminGroup, sessionHours } from "../identitySettings.ts";
import type { OidcUrls } from "../oidc.ts";

/** Where a stranger is sent to the login, and where Grafana is called back. */
export const grafanaPaths = { start: "/", callback: "/login/generic_oauth" } as const;

/**
 * The sections of grafana.ini that send people to the lab's login. Client and secret come from Grafana's environment:
 * GF_AUTH_GENERIC_OAUTH_CLIENT_ID and GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET.
 */
export function grafanaLogin(urls: OidcUrls) {
  return {
    // No form for strangers to try passwords at. On the day without a login docs/how-to/monitoring.md has the way in.
    auth: {
      disable_login_form: true,
      // Whoever is taken out of a group is out within this time, as behind a proxy.
      login_maximum_inactive_lifetime_duration: `${sessionHours}h`,
      login_maximum_lifetime_duration: `${sessionHours}h`,
    },
    "auth.generic_oauth": {
      enabled: true,
      name: "the lab's login",
      auto_login: true,
      scopes: "openid email profile",
      auth_url: urls.authorize,
      // Asked by pods, at the cluster's own name: Grafana compares no issuer.
      token_url: urls.token,
      api_url: urls.userinfo,
      // Otherwise whoever leaves is logged in again at once.
      signout_redirect_url: urls.logout,
      use_pkce: true,
      login_attribute_path: "preferred_username",
      groups_attribute_path: "groups",
      // Who may enter at all, Authentik decides.
      role_attribute_path: `contains(groups[*], '${adminGroup}') && 'Admin' || 'Viewer'`,
      role_attribute_strict: true,
    },
  };
}
