import { expect, test } from "vitest";
import { describeBreach } from "../lessonPolicy.ts";
import { breachesOf, describePolicy, object, release, unknown } from "../testing/testing.ts";
import { cookieSecret } from "./cookieSecret.ts";

const proxy = (config: unknown = { existingSecret: "oauth2-proxy-grafana" }, more: object = {}) =>
  release({ chart: "oauth2-proxy", values: { config, ...more } }, "oauth2-proxy-grafana");
const secret = (content: object) =>
  object("core/v1:Secret", { namespace: "login", name: "oauth2-proxy-grafana" }, content, "proxy-secret");
const plain = (value: unknown) => secret({ stringData: { "client-id": unknown, "cookie-secret": value } });
const encoded = (bytes: Buffer | string) =>
  secret({ data: { "cookie-secret": Buffer.from(bytes).toString("base64") } });

const rightBytes = Buffer.alloc(32, 0xfb);
const wrong = "a-cookie-secret-typed-by-hand";

describePolicy(cookieSecret, {
  good: [
    proxy(),
    proxy({ existingSecret: unknown, configFile: 'cookie_name = "__Host-grafana"\n' }),
    release({ chart: "grafana", values: { config: { cookieSecret: wrong } } }),
    plain(rightBytes.toString("base64url")),
    plain("sixteen letters!"),
    encoded("twenty-four whole letters".slice(0, 24)),
    encoded(rightBytes),
    // What stands in plain text goes before what is encoded.
    secret({ stringData: { "cookie-secret": "sixteen letters!" }, data: { "cookie-secret": "eA==" } }),
    secret({ stringData: { "client-secret": "short" } }),
    object("core/v1:ConfigMap", { name: "no-secret" }, { data: { "cookie-secret": "short" } }),
  ],
  broken: [
    [
      "one among the values, be it long enough",
      [proxy({ existingSecret: "oauth2-proxy-grafana", cookieSecret: "sixteen letters!" })],
      "oauth2-proxy-grafana.values.config.cookieSecret is given by hand",
    ],
    [
      "one among the values that is not known yet",
      [proxy({ existingSecret: "oauth2-proxy-grafana", cookieSecret: unknown })],
      "values.config.cookieSecret is given by hand",
    ],
    [
      "one in the configuration file",
      [proxy({ existingSecret: "it", configFile: "cookie_secret = 'sixteen letters!'\n" })],
      "values.config.configFile (cookie_secret) is given by hand",
    ],
    [
      "one on the command line",
      [proxy({ existingSecret: "it" }, { extraArgs: { "cookie-secret": "sixteen letters!" } })],
      "values.extraArgs.cookie-secret is given by hand",
    ],
    [
      "none, with which the chart's example would be taken",
      [proxy({})],
      "values.config.existingSecret is missing",
    ],
    ["29 characters", [plain(wrong)], "proxy-secret.stringData.cookie-secret is 29 bytes"],
    [
      "the usual alphabet of base64, of which OAuth2-Proxy counts the characters",
      [plain(rightBytes.toString("base64"))],
      "stringData.cookie-secret is 44 bytes",
    ],
    ["none at all", [plain("")], "is 0 bytes"],
    ["encoded text of a wrong length", [encoded(wrong)], "data.cookie-secret is 29 bytes"],
    ["bytes that are no text, of a wrong length", [encoded(Buffer.alloc(31, 0xfb))], "is 31 bytes"],
  ],
});

test("no message holds the secret", () => {
  const all = [
    proxy({ cookieSecret: wrong }),
    proxy({ configFile: `cookie_secret = "${wrong}"` }),
    proxy({}, { extraArgs: { "cookie-secret": wrong } }),
    plain(wrong),
    encoded(wrong),
  ];
  const breaches = breachesOf(cookieSecret, all);
  expect(breaches).toHaveLength(all.length);
  for (const breach of breaches) {
    const message = describeBreach(cookieSecret, breach);
    for (const text of [wrong, Buffer.from(wrong).toString("base64")]) expect(message).not.toContain(text);
  }
});

test("what is not known yet is not refused, and hides nothing beside it", () => {
  const later = [
    plain(unknown),
    secret({ stringData: unknown, data: { "cookie-secret": "eA==" } }),
    secret({ data: unknown }),
    secret({ data: { "cookie-secret": unknown } }),
    proxy(unknown),
    proxy({ existingSecret: "it", configFile: unknown }, { extraArgs: { "cookie-secret": unknown } }),
    release({ chart: "oauth2-proxy", values: unknown }),
    release({ chart: unknown, values: { config: {} } }),
  ];
  expect(breachesOf(cookieSecret, later)).toEqual([]);
  expect(breachesOf(cookieSecret, [...later, plain(wrong)])).toHaveLength(1);
  expect(breachesOf(cookieSecret, [proxy({ cookieSecret: "x", configFile: unknown })])).toHaveLength(1);
});
