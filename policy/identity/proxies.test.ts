import { expect, test } from "vitest";
import { unknownValue } from "../queries/known.ts";
import { httpRoute, release, unknown } from "../testing/resources.ts";
import { isProxy, proxyService, proxySetting, releaseName, servingReleases } from "./proxies.ts";

const proxy = (values: unknown = {}, change: object = {}) =>
  release({ name: "wiki", chart: "oauth2-proxy", namespace: "login", values, ...change });
const configFile = (configFile: unknown) => proxy({ config: { configFile } });
const file = "values.config.configFile";

test("recognizes a proxy by its chart", () => {
  expect(isProxy(proxy())).toBe(true);
  expect(isProxy(release({ chart: "oauth2-proxy-ui" }))).toBe(false);
});

test.each<[string, unknown, string | undefined]>([
  ["in double quotes", 'login_url = "https://a/"', "https://a/"],
  ["in single quotes", "login_url='https://a/'", "https://a/"],
  ["with an escape", 'login_url = "a\\"b"', 'a"b'],
  ["after other settings", 'a = "1"\n\t login_url = "x"\n', "x"],
  ["as a comment", '# login_url = "x"', undefined],
  ["with an invalid escape", 'login_url = "\\x"', undefined],
  ["as a number", "login_url = 1", undefined],
  ["in a longer name", 'my_login_url = "x"', undefined],
  ["over two lines", 'login_url = "x\ny"', undefined],
  ["in no file", undefined, undefined],
])("reads a setting %s", (_what, text, value) =>
  expect(proxySetting(configFile(text), "login_url")?.value).toBe(value),
);

test("prefers a flag to the configuration file", () => {
  const values = { config: { configFile: 'login_url = "file"' }, extraArgs: { "login-url": "flag" } };
  expect(proxySetting(proxy(values), "login_url")).toEqual({
    field: "values.extraArgs.login-url",
    value: "flag",
  });
  expect(proxySetting(configFile('login_url = "file"'), "login_url")).toEqual({
    field: `${file} (login_url)`,
    value: "file",
  });
});

test("returns an unknown setting as unknown", () => {
  expect(proxySetting(configFile(unknown), "login_url")).toEqual({ field: file, value: unknownValue });
  expect(proxySetting(proxy({ extraArgs: { "login-url": unknown } }), "login_url")?.value).toBe(unknownValue);
});

test.each<[object, string | typeof unknownValue]>([
  [{}, "wiki-oauth2-proxy"],
  [{ name: "oauth2-proxy-wiki" }, "oauth2-proxy-wiki"],
  [{ values: { nameOverride: "proxy" } }, "wiki-proxy"],
  [{ values: { nameOverride: "" } }, "wiki-oauth2-proxy"],
  [{ values: { nameOverride: "wiki" } }, "wiki"],
  [{ values: { fullnameOverride: "own" } }, "own"],
  [{ values: { fullnameOverride: "" } }, "wiki-oauth2-proxy"],
  [{ values: { fullnameOverride: unknown } }, unknownValue],
  [{ values: { nameOverride: unknown } }, unknownValue],
  [{ name: unknown }, unknownValue],
])("names the Service of a proxy with %o as its chart does", (change, name) =>
  expect(proxyService(proxy({}, change))).toBe(name),
);

test("returns an unknown name for a release whose name is generated", () =>
  expect(releaseName(release({ name: undefined }))).toBe(unknownValue));

test("returns the releases that a route's annotation names", () => {
  const route = httpRoute("wiki", {}, { annotations: { "lab.home/served-by": "wiki" } });
  const releases = [
    proxy(),
    proxy({}, { namespace: unknown }),
    proxy({}, { chart: unknown }),
    proxy({}, { name: "other" }),
    proxy({}, { namespace: "other" }),
    proxy({}, { chart: "other" }),
  ];
  expect(servingReleases(route, "login", "oauth2-proxy", releases)).toEqual(releases.slice(0, 3));
  expect(servingReleases(httpRoute("wiki"), "login", "oauth2-proxy", releases)).toEqual([]);
});
