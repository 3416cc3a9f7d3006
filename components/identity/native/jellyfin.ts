import type { Application } from "../application.ts";
import { adminGroup } from "../identitySettings.ts";
import { oidcUrls } from "../oidc.ts";

/** What its plugin calls the lab's login, in its paths too. */
const provider = "lab";

/**
 * Where Jellyfin sends people to the login, and where it is called back. Its pages show anybody their empty frame, with
 * a link to the start once one is written under Dashboard, Branding.
 */
export const jellyfinPaths = {
  start: `/sso/OID/start/${provider}`,
  callback: `/sso/OID/redirect/${provider}`,
} as const;

/** Where the settings go by POST, with an API key of Jellyfin's. */
export const jellyfinSettingsPath = `/sso/OID/Add/${provider}`;

/**
 * The settings of Jellyfin's SSO plugin (9p4/jellyfin-plugin-sso 4.0) for the lab's login. What is posted replaces all
 * that was there, the links between people and accounts too; the plugin makes those anew, by name.
 *
 * It reads the discovery document, and nothing beside it: its pods need `gatewayEgress`, and to trust its
 * certificate. Applications on televisions keep Jellyfin's own passwords, or its Quick Connect: they show no browser.
 */
export function jellyfinLogin(domain: string, { name, groups }: Application, clientSecret: string) {
  return {
    Enabled: true,
    // It looks for the discovery document below, and compares the issuer with this (A3).
    OidEndpoint: oidcUrls(domain, name).issuer,
    OidClientId: name,
    OidSecret: clientSecret,
    // Beside openid and profile, which it always asks for; without a list it fails.
    OidScopes: ["email"],
    // Behind the Gateway it would make one with http of the request.
    SchemeOverride: "https",
    NewPath: true,
    DefaultUsernameClaim: "preferred_username",
    RoleClaim: "groups",
    Roles: [...groups],
    AdminRoles: [adminGroup],
    // Rights are those of the groups after every login, whatever somebody has set by hand.
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
