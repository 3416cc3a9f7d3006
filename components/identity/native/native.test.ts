import { describe, expect, test } from "vitest";
import { type Application, applicationDiagnostics, callbackOf } from "../application.ts";
import { applicationBlueprint } from "../applicationBlueprint.ts";
import { loginLines } from "../loginGate.ts";
import { oidcUrls } from "../oidc.ts";
import { longhorn } from "../testing/longhorn.ts";
import { grafanaLogin, grafanaPaths } from "./grafana.ts";
import { jellyfinLogin, jellyfinPaths, jellyfinSettingsPath } from "./jellyfin.ts";
import { openWebUiEnvironment, openWebUiPaths, openWebUiSecret } from "./openWebUi.ts";

const domain = "lab.home.arpa";
const application = (name: string, login: Application["login"]): Application => ({
  ...longhorn,
  name,
  title: name,
  host: name,
  groups: ["admins", "family"],
  login,
});
const grafana = application("grafana", grafanaPaths);
const openWebUi = application("open-webui", openWebUiPaths);
const jellyfin = application("jellyfin", jellyfinPaths);
const planted = "planted-client-secret-51d8";

describe("services that implement OpenID Connect themselves", () => {
  test("have valid declarations", () =>
    expect(applicationDiagnostics(domain, ["admins", "family"], [grafana, openWebUi, jellyfin])).toEqual([]));

  test("have one redirect URI, the one that Authentik knows (A3)", () => {
    for (const each of [grafana, openWebUi, jellyfin]) {
      const [provider] = applicationBlueprint(domain, each, planted).entries;
      expect(provider?.attrs).toMatchObject({
        client_id: each.name,
        redirect_uris: [{ matching_mode: "strict", url: callbackOf(domain, each) }],
      });
    }
    expect(openWebUiEnvironment(domain, openWebUi).OPENID_REDIRECT_URI).toBe(callbackOf(domain, openWebUi));
  });

  test("are visited by the login gate at the path that redirects to the login (A4)", () =>
    expect(
      loginLines(domain, [grafana, openWebUi, jellyfin])
        .split("\n")
        .map((line) => line.split(" ").slice(0, 3).join(" ")),
    ).toEqual([
      "native grafana https://grafana.lab.home.arpa/",
      "native open-webui https://open-webui.lab.home.arpa/oauth/oidc/login",
      "native jellyfin https://jellyfin.lab.home.arpa/sso/OID/start/lab",
      "",
    ]));

  test("grant the administrator role to admins only", () => {
    expect(grafanaLogin(oidcUrls(domain, "grafana"))["auth.generic_oauth"].role_attribute_path).toBe(
      "contains(groups[*], 'admins') && 'Admin' || 'Viewer'",
    );
    expect(openWebUiEnvironment(domain, openWebUi).OAUTH_ADMIN_ROLES).toBe("admins");
    expect(jellyfinLogin(domain, jellyfin, planted).AdminRoles).toEqual(["admins"]);
  });
});

describe("Open WebUI", () => {
  test("accepts no passwords, and only users in an allowed group", () =>
    expect(openWebUiEnvironment(domain, openWebUi)).toMatchObject({
      OPENID_PROVIDER_URL:
        "https://auth.lab.home.arpa/application/o/open-webui/.well-known/openid-configuration",
      ENABLE_PASSWORD_AUTH: "false",
      ENABLE_OAUTH_ROLE_MANAGEMENT: "true",
      OAUTH_ROLES_CLAIM: "groups",
      OAUTH_ALLOWED_ROLES: "admins,family",
    }));

  test("does not contain the client secret (C5)", () =>
    expect(Object.keys(openWebUiEnvironment(domain, openWebUi))).not.toContain(openWebUiSecret));
});

describe("Jellyfin", () => {
  test("compares the issuer with Authentik's, trailing slash included (A3)", () =>
    expect(jellyfinLogin(domain, jellyfin, planted)).toMatchObject({
      OidEndpoint: oidcUrls(domain, "jellyfin").issuer,
      OidSecret: planted,
      DoNotValidateIssuerName: false,
      DoNotValidateEndpoints: false,
      DisableHttps: false,
    }));

  test("accepts only users in an allowed group", () =>
    expect(jellyfinLogin(domain, jellyfin, planted)).toMatchObject({
      EnableAuthorization: true,
      RoleClaim: "groups",
      Roles: ["admins", "family"],
    }));

  test("uses one provider name in all paths", () =>
    expect(
      [...Object.values(jellyfinPaths), jellyfinSettingsPath].map((path) => path.split("/").at(-1)),
    ).toEqual(["lab", "lab", "lab"]));
});
