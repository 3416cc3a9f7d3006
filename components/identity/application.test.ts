import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { type Application, applicationProblems, callbackOf } from "./application.ts";
import { grafanaPaths } from "./native/grafana.ts";
import { longhorn } from "./testing/longhorn.ts";

const grafana: Application = {
  ...longhorn,
  name: "grafana",
  host: "grafana",
  login: grafanaPaths,
};
const problems = (...applications: Application[]) =>
  applicationProblems("lab.home.arpa", ["admins", "family"], applications);

describe("the declarations of applications", () => {
  test("pass where all is right", () => expect(problems(longhorn, grafana)).toEqual([]));

  const mistakes: [string, Application[], string][] = [
    [
      "a group that does not exist",
      [{ ...longhorn, groups: ["admin"] }],
      'lab:identity.services.longhorn.groups = "admin": is no group of this lab (A5)',
    ],
    [
      "two on one host",
      [longhorn, { ...grafana, host: "longhorn" }],
      'services.grafana.host = "longhorn": is taken: longhorn has https://longhorn.lab.home.arpa (N10)',
    ],
    [
      "Authentik's own host",
      [{ ...grafana, host: "auth" }],
      'services.grafana.host = "auth": is taken: Authentik has https://auth.lab.home.arpa (N10)',
    ],
    [
      "a name taken twice",
      [longhorn, { ...longhorn, host: "other" }],
      'services.longhorn.name = "longhorn": is the name of two services (N10)',
    ],
    [
      "nobody who may enter",
      [{ ...longhorn, groups: [] }],
      "lab:identity.services.longhorn.groups: is empty, and nobody could enter (A4)",
    ],
    ["a name of Authentik's own", [{ ...longhorn, name: "token" }], '"token" is no name for an application'],
    [
      "a callback on another host",
      [{ ...grafana, login: { ...grafanaPaths, callback: "https://x/" } }],
      'services.grafana.login.callback = "https://x/": is no path of the service\'s own host (A3)',
    ],
    [
      "a start that is no path",
      [{ ...grafana, login: { ...grafanaPaths, start: "login" } }],
      'services.grafana.login.start = "login": is no path of the service\'s own host (A3)',
    ],
  ];
  test.each(mistakes)("are refused for %s, with place, lesson and fix", (_, applications, words) => {
    const found = problems(...applications);
    expect(found).toHaveLength(1);
    expect(found.map(formatDiagnostic).join()).toContain(words);
    expect(found[0]).toMatchObject({ fix: expect.stringMatching(/.{10}/) });
  });

  test("say where the browser comes back to", () =>
    expect([longhorn, grafana].map((each) => callbackOf("lab.home.arpa", each))).toEqual([
      "https://longhorn.lab.home.arpa/oauth2/callback",
      "https://grafana.lab.home.arpa/login/generic_oauth",
    ]));
});
