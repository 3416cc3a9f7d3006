import { describe, expect, test } from "vitest";
import { proxyConfigFile, proxySettings, proxyValues } from "./oauth2Proxy.ts";
import { longhorn, longhornUpstream as upstream } from "./testing/longhorn.ts";

const settings = proxySettings("lab.home.arpa", longhorn, upstream);

describe("the configuration of an OAuth2-Proxy", () => {
  test("is written in TOML", () => expect(proxyConfigFile(settings)).toMatchSnapshot());

  test("contains public names only in URLs for the browser (A3)", () => {
    const named = Object.entries(settings).filter(([, value]) => String(value).includes("lab.home.arpa"));
    expect(named.map(([key]) => key)).toEqual(["login_url", "redirect_url", "whitelist_domains"]);
  });

  test("disables no check", () => {
    const insecure = Object.entries(settings).filter(([key]) => key.includes("insecure"));
    expect(insecure).toEqual([["insecure_oidc_skip_nonce", false]]);
    expect(Object.keys(settings).filter((key) => /skip_auth|skip_jwt|trusted_ips/.test(key))).toEqual([]);
  });

  test("is rejected for an application without a group, which would allow every user (A4)", () =>
    expect(() => proxySettings("lab.home.arpa", { ...longhorn, groups: [] }, upstream)).toThrow(
      "application longhorn has no group",
    ));

  test("contains no secret, and changes with the rotation number in one annotation (C5)", () => {
    const [first, second] = [1, 2].map((rotation) =>
      proxyValues("lab.home.arpa", longhorn, upstream, rotation),
    );
    expect(JSON.stringify(first)).not.toMatch(/cookieSecret|clientSecret|cookie_secret|client_secret/);
    expect(second).toEqual({ ...first, podAnnotations: { "lab.home/rotation": "2" } });
  });

  test("keeps one of two pods while a node is drained", () =>
    expect(proxyValues("lab.home.arpa", longhorn, upstream, 1)).toMatchObject({
      replicaCount: 2,
      podDisruptionBudget: { enabled: true, minAvailable: 1 },
    }));
});

test.each<[string, string | readonly string[], string]>([
  ["a quote", 'a"b', 'x = "a\\"b"\n'],
  ["a backslash", "a\\b", 'x = "a\\\\b"\n'],
  ["an empty list", [], "x = []\n"],
  ["a list", ["a", 'b"'], 'x = ["a", "b\\""]\n'],
])("proxyConfigFile escapes %s", (_, value, line) => expect(proxyConfigFile({ x: value })).toBe(line));
