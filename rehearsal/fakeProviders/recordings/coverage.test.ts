import { beforeAll, describe, expect, test } from "vitest";
import { type PlannedResource, plannedResources } from "../../../test/plannedResources.ts";
import { fieldPaths, notRecorded } from "./fields.ts";
import { recordedPlugins } from "./plugins.ts";
import { readRecording } from "./record.ts";

let planned: readonly PlannedResource[];
beforeAll(async () => {
  planned = [...(await plannedResources()).values()].flat();
});

describe.each(recordedPlugins.map(({ name }) => name))("the recording of %s", (name) => {
  const { cases } = readRecording(name);
  const own = () => planned.filter(({ type }) => type.startsWith(`${name}:`));

  test("has every type that a valid configuration uses", () => {
    const types = new Set(cases.map(({ type }) => type));
    expect([...new Set(own().map(({ type }) => type))].filter((type) => !types.has(type))).toEqual([]);
  });

  test("has every field that a valid configuration sets", () => {
    const fields = new Map<string, Set<string>>();
    for (const { type, inputs } of cases)
      for (const path of fieldPaths(inputs ?? {}))
        fields.set(type, (fields.get(type) ?? new Set()).add(path));
    const missing = own().flatMap(({ type, inputs }) =>
      notRecorded(inputs, fields.get(type) ?? new Set()).map((path) => `${type} ${path}`),
    );
    expect([...new Set(missing)].toSorted()).toEqual([]);
  });
});

test("fieldPaths lists field names, lists without indices, and no keys of free maps", () =>
  expect(
    fieldPaths({ a: [{ b: 1 }, { c: [] }], metadata: { labels: { "x.y": "z" } }, empty: {} }).toSorted(),
  ).toEqual(["a[*].b", "a[*].c", "empty", "metadata.labels"]));
