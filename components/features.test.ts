import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { charts } from "../catalog/charts.ts";
import { features } from "./features.ts";
import { guestScripts } from "./node/guestBundle.ts";

const folder = import.meta.dirname;
const folders = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test("describes every folder of components/ in one feature", () =>
  expect(features.map(({ name }) => name).toSorted()).toEqual(folders.toSorted()));

test("assigns every chart of the catalogue to one feature", () =>
  expect(features.flatMap((feature) => feature.charts).toSorted()).toEqual(Object.keys(charts).toSorted()));

test("describes every guest script at most once, and only scripts that exist", () => {
  const scripts = features.flatMap(({ steps }) => Object.keys(steps));
  expect(scripts).toEqual([...new Set(scripts)]);
  expect(guestScripts().map(({ name }) => name)).toEqual(expect.arrayContaining(scripts));
});

test("describes every guest script that a component runs", () => {
  const described = new Set(features.flatMap(({ steps }) => Object.keys(steps)));
  const run = sources(folder).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/^\s*\{? ?script: "([a-z0-9-]+\.sh)"/gm)].map(([, name]) => name),
  );
  expect(run.length).toBeGreaterThan(15);
  expect(run.filter((name) => !described.has(name ?? ""))).toEqual([]);
});

test("gives no two alerts and no two scrape targets the same name", () => {
  const targets = features.flatMap(({ scrapeTargets }) => scrapeTargets.map(({ name }) => name));
  expect(targets).toEqual([...new Set(targets)]);
});

describe.each(features)("the feature $name", ({ name, durations, steps, enforces }) => {
  test("names the source of every duration", () => {
    const all = [...durations, ...Object.values(steps).map(({ duration }) => duration)];
    for (const { source, seconds } of all) {
      expect(source).toMatch(/^(estimate|measured)/);
      expect(seconds).toBeGreaterThan(0);
    }
  });

  test("names existing files as what enforces its lessons", () => {
    for (const [, file] of Object.values(enforces).flat())
      expect(readFileSync(file, "utf8"), `${name}: ${file}`).not.toBe("");
  });
});

test("loads no Pulumi SDK: the configuration is read with features, and long before a program runs", () => {
  const seen = new Set<string>();
  const visit = (path: string): string[] => {
    if (seen.has(path)) return [];
    seen.add(path);
    return [
      ...readFileSync(path, "utf8").matchAll(/^(?:import|export) (?!type)[^;]*? from "([^"]+)";/gms),
    ].flatMap(([, specifier = ""]) => {
      if (specifier.startsWith("@pulumi/")) return [`${path}: ${specifier}`];
      return specifier.startsWith(".") ? visit(normalize(join(dirname(path), specifier))) : [];
    });
  };
  expect(visit(join(folder, "features.ts"))).toEqual([]);
});

function sources(of: string): string[] {
  return readdirSync(of, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => join(of, path));
}
