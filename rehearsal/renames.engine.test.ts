import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OpenedLab, openLab } from "./openLab.ts";

/** The name that each renamed resource had before, by `TYPE::NAME`. */
const oldNames: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("renamedResources.json", import.meta.url), "utf8"),
);

/** The URN of a resource before the renames. Types of parents are part of a URN, names of parents are not. */
function oldUrn(urn: string): string {
  const [, chain = "", type, name] = /^(.*?([^$:]+:[^$]*))::([^:]+)$/.exec(urn) ?? [];
  const old = oldNames[`${type}::${name}`];
  return old === undefined ? urn : `${chain}::${old}`;
}

let opened: OpenedLab;
let renamed = 0;

beforeAll(async () => {
  opened = await openLab({ file: "test/fixtures/valid/registry-tailscale-and-mcp.yaml", policies: false });
  await opened.stack.up();
  await opened.stack.editState((text) => {
    const urns = [...new Set(opened.stack.resources().map(({ urn }) => urn))];
    return urns
      .filter((urn) => oldUrn(urn) !== urn)
      .reduce((state, urn) => {
        renamed += 1;
        return state.replaceAll(`"${urn}"`, `"${oldUrn(urn)}"`);
      }, text);
  });
});
afterAll(async () => await opened.close());

test("knows the old name of every renamed resource", () =>
  expect(renamed).toBe(Object.keys(oldNames).length));

test("an update from a state with the old names creates, replaces and deletes nothing", async () => {
  const { changeSummary } = await opened.stack.preview();
  expect(Object.keys(changeSummary)).toEqual(["same"]);
});
