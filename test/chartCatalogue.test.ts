import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { catalogueOf, readChart } from "./chartCatalogue.ts";

const web = { chart: "web", version: "1.2.3" };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "charts-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, name, ".."), { recursive: true });
    writeFileSync(join(folder, path, name), text);
  }
}

describe("the chart catalogue", () => {
  test("reads values, schema and subcharts of a chart", () => {
    write("web/1.2.3", {
      "Chart.yaml": "dependencies: [{name: redis, alias: cache, condition: cache.enabled}, {name: gone}]",
      "values.yaml": "port: 80",
      "values.schema.json": '{"type":"object"}',
      "charts/redis/values.yaml": "size: 1",
    });
    const catalogue = catalogueOf(folder);
    expect(catalogue(web)).toEqual({
      chart: {
        values: { port: 80 },
        schema: { type: "object" },
        subcharts: {
          cache: { values: { size: 1 }, schema: undefined, subcharts: {}, condition: "cache.enabled" },
        },
      },
    });
  });

  test("rejects a version that it does not have, and lists the versions that it has (P3)", () => {
    write("web/1.2.4", { "values.yaml": "" });
    const catalogue = catalogueOf(folder);
    expect(catalogue(web)).toEqual({ refused: "the catalogue has no web 1.2.3 (P3); it has 1.2.4" });
    expect(catalogue({ ...web, chart: "wob" })).toEqual({ refused: "the catalogue has no wob 1.2.3 (P3)" });
  });

  test("reads a chart without values.yaml as empty values", () => {
    write("bare", { "Chart.yaml": "name: bare" });
    expect(readChart(join(folder, "bare"))).toEqual({ values: {}, schema: undefined, subcharts: {} });
  });
});
