import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { charts } from "../catalog/charts.ts";

const text = readFileSync("CONTRIBUTING.md", "utf8");
const recipes = text.split("\n### ").slice(1);

describe("CONTRIBUTING.md", () => {
  test("has a recipe for each common change", () =>
    expect(recipes.map((recipe) => recipe.split("\n")[0])).toEqual([
      "Add an app",
      "Add a policy",
      "Add a field",
      "Add a gate",
      "Add a chart",
      "Add a runbook",
      "Add an alert",
      "Add a node kind",
      "Add a database",
      "Add a lesson",
    ]));

  test("names only files and folders that exist", () => {
    const named = [...text.matchAll(/`([\w.-]+\/[\w./-]*|[\w.-]+\.(?:md|ts|json))`/g)].map(
      ([, path = ""]) => path,
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  test.each(recipes)("lists the files of each recipe: %s", (recipe) =>
    expect(recipe.match(/`[\w-]+\/[\w./-]+`/g)).not.toBeNull(),
  );
});

describe("the repository's settings", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };

  test("names one release of Node.js in .node-version and package.json", () =>
    expect(readFileSync(".node-version", "utf8").trim()).toBe(devDependencies.node));

  test("indents and wraps in .editorconfig as in biome.json", () => {
    const { formatter } = JSON.parse(readFileSync("biome.json", "utf8")) as {
      formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
    };
    const editor = readFileSync(".editorconfig", "utf8");
    for (const line of [
      `indent_style = ${formatter.indentStyle}`,
      `indent_size = ${formatter.indentWidth}`,
      `max_line_length = ${formatter.lineWidth}`,
    ])
      expect(editor).toContain(`${line}\n`);
  });

  describe("renovate.json", () => {
    const { customManagers } = JSON.parse(readFileSync("renovate.json", "utf8")) as {
      customManagers: { managerFilePatterns: string[]; matchStrings: string[]; datasourceTemplate: string }[];
    };
    const found = customManagers.map(({ managerFilePatterns, matchStrings, datasourceTemplate }) => {
      const files = managerFilePatterns.map((pattern) => {
        const regex = new RegExp(pattern.slice(1, -1));
        return globSync(["catalog/*", "docs/runbooks/*"]).filter((file) => regex.test(file));
      });
      const matches = files.flat().flatMap((file) => {
        const source = readFileSync(file, "utf8");
        return matchStrings.flatMap((pattern) => [...source.matchAll(new RegExp(pattern, "g"))]);
      });
      return { files, matches, datasourceTemplate };
    });

    test("has one file for each file pattern, and an update in each manager", () => {
      for (const { files, matches } of found) {
        expect(files.filter((each) => each.length !== 1)).toEqual([]);
        expect(matches.length).toBeGreaterThan(0);
      }
    });

    test("finds every chart of the catalogue with its version", () => {
      const [helm] = found.filter(({ datasourceTemplate }) => datasourceTemplate === "helm");
      const versions = helm?.matches.map(({ groups }) => [groups?.depName, groups?.currentValue]);
      expect(versions).toEqual(Object.values(charts).map(({ chart, version }) => [chart, version]));
    });
  });
});
