import { expect, test } from "vitest";

import { describePolicy, messagesOf, violationsOf } from "../testing/describePolicy.ts";
import { object, release, unknown } from "../testing/resources.ts";
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
  valid: [
    proxy(),
    proxy({ existingSecret: unknown, configFile: 'cookie_name = "__Host-grafana"\n' }),
    release({ chart: "grafana", values: { config: { cookieSecret: wrong } } }),
    plain(rightBytes.toString("base64url")),
    plain("sixteen letters!"),
    encoded("twenty-four whole letters".slice(0, 24)),
    encoded(rightBytes),
    // stringData has precedence over data.
    secret({ stringData: { "cookie-secret": "sixteen letters!" }, data: { "cookie-secret": "eA==" } }),
    secret({ stringData: { "client-secret": "short" } }),
    object("core/v1:ConfigMap", { name: "no-secret" }, { data: { "cookie-secret": "short" } }),
  ],
  invalid: [
    [
      "a cookie secret among the values, of a valid length",
      [proxy({ existingSecret: "oauth2-proxy-grafana", cookieSecret: "sixteen letters!" })],
      "oauth2-proxy-grafana.values.config.cookieSecret: is set in the release",
    ],
    [
      "an unknown cookie secret among the values",
      [proxy({ existingSecret: "oauth2-proxy-grafana", cookieSecret: unknown })],
      "values.config.cookieSecret: is set in the release",
    ],
    [
      "a cookie secret in the configuration file",
      [proxy({ existingSecret: "it", configFile: "cookie_secret = 'sixteen letters!'\n" })],
      "values.config.configFile (cookie_secret): is set in the release",
    ],
    [
      "a cookie secret in the command-line arguments",
      [proxy({ existingSecret: "it" }, { extraArgs: { "cookie-secret": "sixteen letters!" } })],
      "values.extraArgs.cookie-secret: is set in the release",
    ],
    [
      "a release without a Secret, which would use the chart's example",
      [proxy({})],
      "values.config.existingSecret: is not set",
    ],
    ["29 characters", [plain(wrong)], "proxy-secret.stringData.cookie-secret: has 29 bytes"],
    [
      "standard base64, which OAuth2-Proxy does not decode",
      [plain(rightBytes.toString("base64"))],
      "stringData.cookie-secret: has 44 bytes",
    ],
    ["an empty cookie secret", [plain("")], "has 0 bytes"],
    ["encoded text of an invalid length", [encoded(wrong)], "data.cookie-secret: has 29 bytes"],
    ["binary data of an invalid length", [encoded(Buffer.alloc(31, 0xfb))], "has 31 bytes"],
  ],
});

test.each([0, 15, 16, 17, 23, 24, 25, 31, 32, 33])(
  "reports the length of %i bytes unless it is valid (A1)",
  (length) => {
    const violations = [16, 24, 32].includes(length) ? 0 : 1;
    // A character outside base64, so that OAuth2-Proxy counts characters.
    expect(violationsOf(cookieSecret, [plain("!".repeat(length))])).toHaveLength(violations);
    expect(violationsOf(cookieSecret, [encoded(Buffer.alloc(length, 0xfb))])).toHaveLength(violations);
  },
);

test("does not print the cookie secret (A1, C5)", () => {
  const all = [
    proxy({ cookieSecret: wrong }),
    proxy({ configFile: `cookie_secret = "${wrong}"` }),
    proxy({}, { extraArgs: { "cookie-secret": wrong } }),
    plain(wrong),
    encoded(wrong),
  ];
  const messages = messagesOf(cookieSecret, all);
  expect(messages).toHaveLength(all.length);
  for (const message of messages) {
    for (const text of [wrong, Buffer.from(wrong).toString("base64")]) expect(message).not.toContain(text);
  }
});

test("accepts unknown values, and still checks the known ones (A1)", () => {
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
  expect(violationsOf(cookieSecret, later)).toEqual([]);
  expect(violationsOf(cookieSecret, [...later, plain(wrong)])).toHaveLength(1);
  expect(violationsOf(cookieSecret, [proxy({ cookieSecret: "x", configFile: unknown })])).toHaveLength(1);
});
