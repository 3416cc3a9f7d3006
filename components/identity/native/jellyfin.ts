import type { Application } from "../application.ts";
import { adminGroup } from "../identitySettings.ts";
import { oidcUrls } from "../oidc.ts";

/** Name of the lab's login in the SSO plugin. It is part of the plugin's paths. */
const provider = "lab";

/**
 * The path that redirects to the login, and the path of the redirect URI. Jellyfin's pages load without a login and show no
 * data; a link to the start path can be added under Dashboard, Branding.
 */
export const jellyfinPaths = {
  start: `/sso/OID/start/${provider}`,
  callback: `/sso/OID/redirect/${provider}`,
} as const;

/** The path that accepts the settings by POST, with an API key of Jellyfin. */
export const jellyfinSettingsPath = `/sso/OID/Add/${provider}`;

/**
 * The settings of Jellyfin's SSO plugin (9p4/jellyfin-plugin-sso 4.0) for the lab's login. A POST replaces all settings,
 * the links between users and accounts included; the plugin recreates these by name.
 *
 * The plugin reads the public discovery document only: its pods need the rules of `gatewayEgress` and must trust the
 * Gateway's certificate. Television apps have no browser: they keep Jellyfin's own passwords, or Quick Connect.
 */
export function jellyfinLogin(domain: string, { name, groups }: Application, clientSecret: string) {
  return {
    Enabled: true,
    // The plugin reads the discovery document below this URL and compares its issuer with it (A3).
    OidEndpoint: oidcUrls(domain, name).issuer,
    OidClientId: name,
    OidSecret: clientSecret,
    // In addition to openid and profile, which the plugin always requests. Without a list it fails.
    OidScopes: ["email"],
    // Behind the Gateway the plugin would build a redirect URI with http from the request.
    SchemeOverride: "https",
    NewPath: true,
    DefaultUsernameClaim: "preferred_username",
    RoleClaim: "groups",
    Roles: [...groups],
    AdminRoles: [adminGroup],
    // Every login resets the permissions to those of the groups.
    EnableAuthorization: true,
    EnableAllFolders: true,
    EnabledFolders: [],
    EnableFolderRoles: false,
    FolderRoleMapping: [],
    EnableLiveTv: true,
    EnableLiveTvManagement: false,
    EnableLiveTvRoles: false,
    LiveTvRoles: [],
    LiveTvManagementRoles: [],
    DisableHttps: false,
    DisablePushedAuthorization: true,
    DoNotValidateEndpoints: false,
    DoNotValidateIssuerName: false,
    DoNotLoadProfile: false,
  };
}
