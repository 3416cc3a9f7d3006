import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { type Application, applicationDiagnostics, callbackOf } from "./application.ts";
import { grafanaPaths } from "./native/grafana.ts";
import { longhorn } from "./testing/longhorn.ts";

const grafana: Application = {
  ...longhorn,
  name: "grafana",
  host: "grafana",
  login: grafanaPaths,
};
const diagnostics = (...applications: Application[]) =>
  applicationDiagnostics("lab.home.arpa", ["admins", "family"], applications);

describe("applicationDiagnostics", () => {
  test("accepts valid declarations", () => expect(diagnostics(longhorn, grafana)).toEqual([]));

  const mistakes: [string, Application[], string][] = [
    [
      "a group that does not exist (A5)",
      [{ ...longhorn, groups: ["admin"] }],
      'lab:identity.services.longhorn.groups = "admin": is not a group of this lab (A5)',
    ],
    [
      "two applications on one host (N10)",
      [longhorn, { ...grafana, host: "longhorn" }],
      'services.grafana.host = "longhorn": is already the host of longhorn: https://longhorn.lab.home.arpa (N10)',
    ],
    [
      "the host of Authentik (N10)",
      [{ ...grafana, host: "auth" }],
      'services.grafana.host = "auth": is already the host of Authentik: https://auth.lab.home.arpa (N10)',
    ],
    [
      "two applications with one name (N10)",
      [longhorn, { ...longhorn, host: "other" }],
      'services.longhorn.name = "longhorn": is the name of two services (N10)',
    ],
    [
      "an application without a group (A4)",
      [{ ...longhorn, groups: [] }],
      "lab:identity.services.longhorn.groups: is empty, so no user has access (A4)",
    ],
    [
      "a name that is a path of Authentik (A3)",
      [{ ...longhorn, name: "token" }],
      '"token" is not a valid name of an application',
    ],
    [
      "a redirect URI on another host (A3)",
      [{ ...grafana, login: { ...grafanaPaths, callback: "https://x/" } }],
      'services.grafana.login.callback = "https://x/": is not a path on the service\'s host (A3)',
    ],
    [
      "a start path without a slash (A3)",
      [{ ...grafana, login: { ...grafanaPaths, start: "login" } }],
      'services.grafana.login.start = "login": is not a path on the service\'s host (A3)',
    ],
  ];
  test.each(mistakes)("rejects %s, with path, lesson and fix", (_, applications, words) => {
    const found = diagnostics(...applications);
    expect(found).toHaveLength(1);
    expect(found.map(formatDiagnostic).join()).toContain(words);
    expect(found[0]).toMatchObject({ fix: expect.stringMatching(/.{10}/) });
  });

  test("callbackOf returns the redirect URI of a proxy and of a native login", () =>
    expect([longhorn, grafana].map((each) => callbackOf("lab.home.arpa", each))).toEqual([
      "https://longhorn.lab.home.arpa/oauth2/callback",
      "https://grafana.lab.home.arpa/login/generic_oauth",
    ]));
});
