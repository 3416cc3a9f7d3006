import { expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { type DatabaseIdentity, refusedDatabaseChange } from "./databaseChanges.ts";

const at: DatabaseIdentity = { version: "7.0.24", node: "k3s-worker02" };
const refused = (old: DatabaseIdentity | undefined, now: Partial<DatabaseIdentity>) =>
  refusedDatabaseChange("elasticsearch", "D1", old, { ...at, ...now })
    .map(formatDiagnostic)
    .join("\n");

test.each<[string, DatabaseIdentity | undefined, Partial<DatabaseIdentity>]>([
  ["a first start", undefined, {}],
  ["no change", at, {}],
  ["a patch release", at, { version: "7.0.25" }],
  ["the next major release", at, { version: "8.0.4" }],
  ["a move with movedFrom", at, { node: "k3s-worker03", movedFrom: "k3s-worker02" }],
  ["a finished move", { ...at, movedFrom: "k3s-worker01" }, {}],
])("%s is allowed", (_, old, now) => expect(refused(old, now)).toBe(""));

test.each<[string, DatabaseIdentity | undefined, Partial<DatabaseIdentity>, ...string[]]>([
  [
    "MongoDB 4.4 for 7",
    at,
    { version: "4.4.29" },
    "is downgraded from 7.0.24 to 4.4.29",
    "(C2)",
    "fix the problem that it has",
  ],
  ["an older patch release", at, { version: "7.0.23" }, "is downgraded from 7.0.24 to 7.0.23", "(C2)"],
  [
    "two major releases at once",
    at,
    { version: "9.0.0" },
    "jumps from 7.0.24 to 9.0.0",
    "upgrade to a release of 8 first",
  ],
  [
    "another node without movedFrom",
    at,
    { node: "k3s-worker03" },
    "lab:data.elasticsearch.node",
    "changes from k3s-worker02 to k3s-worker03",
    "(D1)",
    "add movedFrom: k3s-worker02",
  ],
  [
    "a move from another node than the current one",
    at,
    { node: "k3s-worker03", movedFrom: "k3s-worker01" },
    "add movedFrom: k3s-worker02",
  ],
  [
    "a move in a new lab",
    undefined,
    { movedFrom: "k3s-worker01" },
    "lab:data.elasticsearch.movedFrom",
    "remove the line",
  ],
])("%s is refused", (_, old, now, ...words) => {
  for (const word of words) expect(refused(old, now)).toContain(word);
});
