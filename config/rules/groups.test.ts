import { describe } from "vitest";
import { exemptions } from "./exemptions.ts";
import { identity } from "./identity.ts";
import { mcp } from "./mcp.ts";
import { testEdges } from "./testing/judge.ts";

describe("groups of users and services (A5)", () => {
  const ada = (...groups: string[]) => ({ users: { ada: { email: "ada@example.org", groups } } });
  const hubble = (...groups: string[]) => ({ services: { hubble: { groups } } });
  const lab = (...sections: object[]) => ({ "lab:identity": Object.assign({}, ...sections) as object });
  testEdges(identity, [
    ["accepts admins without a declaration", lab(ada("admins"), hubble("admins"))],
    ["accepts a declared group", lab({ groups: ["family"] }, ada("family"), hubble("admins", "family"))],
    [
      "rejects an unknown group of a user",
      lab(ada("admins", "family")),
      "lab:identity.users.ada.groups[1]: is not a group of this lab",
    ],
    [
      "rejects an unknown group of a service",
      lab(hubble("family")),
      "lab:identity.services.hubble.groups[0]: is not a group of this lab",
    ],
    ["accepts a service without groups", lab({ services: { hubble: { rotation: 2 } } })],
    [
      "rejects an unknown service",
      lab({ services: { hubbel: {} } }),
      "lab:identity.services.hubbel: is not a service behind the login",
    ],
  ]);
});

describe("groups of MCP servers (A5)", () => {
  const notes = (...groups: string[]) => ({
    "lab:mcp": { servers: { notes: { image: "ghcr.io/example/notes:1.0.0", port: 8080, groups } } },
  });
  testEdges(mcp, [
    ["accepts a lab without MCP servers", {}],
    ["accepts admins without a declaration", notes("admins")],
    ["accepts a declared group", { ...notes("family"), "lab:identity": { groups: ["family"] } }],
    [
      "rejects an unknown group",
      notes("admins", "family"),
      "lab:mcp.servers.notes.groups[1]: is not a group of this lab",
    ],
  ]);
});

describe("exemptions", () => {
  const reason = "a reason that is long enough";
  const list = (...all: object[]) => ({ "lab:exemptions": all.map((each) => ({ reason, ...each })) });
  testEdges(exemptions, [
    ["accepts one lesson for two names", list({ lesson: "K1", name: "one" }, { lesson: "K1", name: "two" })],
    ["accepts one name for two lessons", list({ lesson: "K1", name: "one" }, { lesson: "S9", name: "one" })],
    [
      "rejects one lesson twice for the stack",
      list({ lesson: "K1" }, { lesson: "K1" }),
      "lab:exemptions[1].lesson: is declared twice for the same name",
    ],
    [
      "rejects one lesson twice for one name",
      list({ lesson: "K1", name: "one" }, { lesson: "S9" }, { lesson: "K1", name: "one" }),
      "lab:exemptions[2].lesson: is declared twice",
    ],
    [
      "rejects an unknown lesson",
      list({ lesson: "K99" }),
      "lab:exemptions[0].lesson: is not the id of a lesson",
    ],
    [
      "rejects the name of a property as a lesson",
      list({ lesson: "toString" }),
      "lab:exemptions[0].lesson: is not the id of a lesson",
    ],
  ]);
});
