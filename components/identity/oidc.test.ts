import { describe, expect, test } from "vitest";
import { oidcUrls, proxyCallback } from "./oidc.ts";

const urls = oidcUrls("lab.home.arpa", "longhorn");

describe("oidcUrls (A3)", () => {
  test("returns the exact URLs of an application", () =>
    expect(urls).toEqual({
      issuer: "https://auth.lab.home.arpa/application/o/longhorn/",
      issuerInCluster: "http://authentik-server.authentik.svc.cluster.local/application/o/longhorn/",
      discovery: "https://auth.lab.home.arpa/application/o/longhorn/.well-known/openid-configuration",
      discoveryInCluster:
        "http://authentik-server.authentik.svc.cluster.local/application/o/longhorn/.well-known/openid-configuration",
      authorize: "https://auth.lab.home.arpa/application/o/authorize/",
      logout: "https://auth.lab.home.arpa/application/o/longhorn/end-session/",
      token: "http://authentik-server.authentik.svc.cluster.local/application/o/token/",
      jwks: "http://authentik-server.authentik.svc.cluster.local/application/o/longhorn/jwks/",
      userinfo: "http://authentik-server.authentik.svc.cluster.local/application/o/userinfo/",
    }));

  test("puts each discovery document below its issuer", () => {
    const below = (issuer: string) => `${issuer}.well-known/openid-configuration`;
    expect([urls.discovery, urls.discoveryInCluster]).toEqual([urls.issuer, urls.issuerInCluster].map(below));
  });

  test("proxyCallback returns a redirect URI on the service's host", () =>
    expect(proxyCallback("lab.home.arpa", "longhorn")).toBe(
      "https://longhorn.lab.home.arpa/oauth2/callback",
    ));

  test.each(["token", "authorize", "userinfo", "", "Grafana", "a/b", "-a", "a b"])(
    'rejects the name "%s"',
    (slug) =>
      expect(() => oidcUrls("lab.home.arpa", slug)).toThrow(/is not a valid name of an application \(A3\)/),
  );
});
