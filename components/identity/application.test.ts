import { describe, expect, test } from "vitest";
import { type Application, applicationProblems, callbackOf } from "./application.ts";
import { longhorn } from "./testing/longhorn.ts";

const grafana: Application = {
  ...longhorn,
  name: "grafana",
  host: "grafana",
  login: { callback: "/login/generic_oauth" },
};
const problems = (...applications: Application[]) =>
  applicationProblems("lab.home.arpa", ["admins", "family"], applications);

describe("the declarations of applications", () => {
  test("pass where all is right", () => expect(problems(longhorn, grafana)).toEqual([]));

  test.each<[string, Application[], RegExp]>([
    [
      "a group that does not exist",
      [{ ...longhorn, groups: ["admin"] }],
      /group admin, which does not exist \(A5\)/,
    ],
    [
      "two on one host",
      [longhorn, { ...grafana, host: "longhorn" }],
      /host longhorn, which longhorn has \(N10\)/,
    ],
    ["Authentik's own host", [{ ...grafana, host: "auth" }], /host auth, which Authentik has \(N10\)/],
    [
      "a name taken twice",
      [longhorn, { ...longhorn, host: "other" }],
      /two applications are called longhorn/,
    ],
    ["nobody who may enter", [{ ...longhorn, groups: [] }], /nobody may enter longhorn/],
    ["a name of Authentik's own", [{ ...longhorn, name: "token" }], /"token" is no name for an application/],
    [
      "a callback on another host",
      [{ ...grafana, login: { callback: "https://x/" } }],
      /no path of its host/,
    ],
  ])("are refused for %s", (_, applications, message) => {
    const found = problems(...applications);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test("say where the browser comes back to", () =>
    expect([longhorn, grafana].map((each) => callbackOf("lab.home.arpa", each))).toEqual([
      "https://longhorn.lab.home.arpa/oauth2/callback",
      "https://grafana.lab.home.arpa/login/generic_oauth",
    ]));
});
