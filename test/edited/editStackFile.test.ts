import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseDocument, visit } from "yaml";
import { readLab } from "../../config/read.ts";
import { parseStackFile } from "../../config/source.ts";
import { editStackFile } from "./editStackFile.ts";

/** Values that an owner cannot choose freely: roles and content types, releases, and the keys of the engine. */
const fixed =
  /^(pulumi:|nodes\.[^.]+\.role$|proxmox\.hosts\.[^.]+\.datastores\.[^.]+\.content\.|cluster\.version$|networks\.[^.]+\.upstream$)/;

test("an edit of the reference lab changes every value that an owner may choose, and leaves it valid", () => {
  const before = readFileSync("test/reference.yaml", "utf8");
  const { text, unchanged } = editStackFile(before);
  expect(unchanged.filter((path) => !fixed.test(path))).toEqual([]);
  const config = (file: string) => readLab("edited", parseStackFile("edited.yaml", file)).config;
  expect(config(text)).not.toEqual(config(before));
  const scalars = (file: string) => {
    const found = new Set<string>();
    visit(parseDocument(file), { Scalar: (_, { value }) => void found.add(String(value)) });
    return found;
  };
  const kept = [...scalars(text)].filter(
    (value) => scalars(before).has(value) && /\d{3}|-|example/.test(value) && !/^(v1\.|pulumi:)/.test(value),
  );
  expect(kept).toEqual([]);
});

const files = [
  "Pulumi.homelab.yaml",
  // Its names are as long as they may be.
  ...globSync("test/fixtures/valid/*.yaml").filter((file) => !file.includes("longest-names")),
];

test.each(files)("an edit of %s leaves it valid", (file) => {
  const { text } = editStackFile(readFileSync(file, "utf8"));
  expect(() => readLab("edited", parseStackFile("edited.yaml", text))).not.toThrow();
});

/** Tests and helpers that read the shipped stack file: each holds for any values of it. */
const readers: Readonly<Record<string, string>> = {
  "docs/pages/pages.ts": "docs/reference/homelab.md and the tables describe the shipped stack",
  "docs/pages/configurationFiles.test.ts": "validates the shipped stack file against the JSON Schema",
  "rehearsal/checkout.ts": "writes the file of its own stack",
  "rehearsal/shippedProgram.engine.test.ts": "previews the shipped stack",
  "rehearsal/stackFile.engine.test.ts": "edits the file of its own stack",
  "recovery/kit.engine.test.ts": "writes the file of its own stack",
  "test/buildYourLab.engine.test.ts": "writes the file of its own stack",
  "test/edited/editStackFile.test.ts": "edits the shipped stack file",
  "test/edited/runEdited.ts": "edits the shipped stack file",
  "test/fixtures.test.ts": "checks that the shipped stack file is valid",
};

test("no other file reads the shipped stack file", () => {
  const files = globSync(
    "{bench,catalog,components,config,docs,guest,plan,policy,recovery,rehearsal,test}/**/*.ts",
    {
      exclude: (name) => name === "node_modules",
    },
  );
  expect(
    files.filter((file) => readFileSync(file, "utf8").includes("Pulumi.homelab.yaml")).toSorted(),
  ).toEqual(Object.keys(readers).toSorted());
});
