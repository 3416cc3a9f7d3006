import { describe } from "vitest";
import { restore } from "./restore.ts";
import { teardown } from "./teardown.ts";
import { testEdges } from "./testing/judge.ts";

describe("a restore (B6)", () => {
  const from = (generation: number, change: object = {}) => ({
    "lab:backup": { generation: 3 },
    "lab:restore": { from: "latest", generation, ...change },
  });
  testEdges(restore, [
    ["accepts a lab without a restore", {}],
    ["accepts the generation before", from(2)],
    ["accepts an earlier generation", from(1)],
    [
      "rejects the current generation",
      from(3),
      "lab:restore.generation: is not earlier than lab:backup.generation, which is 3",
    ],
    [
      "rejects a later generation",
      from(4),
      "lab:restore.generation: is not earlier than lab:backup.generation, which is 3",
    ],
    ["accepts to overwrite any namespace where all are restored", from(2, { overwrite: ["wiki"] })],
    [
      "accepts to overwrite a namespace that is restored",
      from(2, { includedNamespaces: ["wiki", "authentik"], overwrite: ["authentik"] }),
    ],
    [
      "rejects to overwrite another namespace",
      from(2, { includedNamespaces: ["wiki"], overwrite: ["wiki", "authentik"] }),
      "lab:restore.overwrite[1]: is not one of the namespaces that are restored",
    ],
  ]);
});

describe("the phrase that allows a destroy (S12)", () => {
  const wrong = "lab:teardown: is not the phrase that allows the destruction of this lab";
  testEdges(teardown, [
    ["accepts a lab without the phrase", {}],
    ["accepts the phrase with the domain of the lab", { "lab:teardown": "destroy lab.home.arpa" }],
    ["rejects the phrase of another lab", { "lab:teardown": "destroy lab.example.net" }, wrong],
    ["rejects the phrase with more words", { "lab:teardown": "destroy lab.home.arpa now" }, wrong],
    ["rejects an empty phrase", { "lab:teardown": "" }, wrong],
    [
      "rejects the phrase in a lab that is not in production",
      { "lab:production": false, "lab:teardown": "destroy lab.home.arpa" },
      "lab:teardown: is not needed: lab:production is false",
    ],
  ]);
});
