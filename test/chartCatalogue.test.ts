import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCatalogue, readChart } from "./chartCatalogue.ts";

const web = { repository: "https://charts.example.org", chart: "web", version: "1.2.3" };
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

/** A helm that writes down what it is asked, and does what a script says. */
function fakeHelm(pull: string): string {
  const path = join(folder, "helm");
  writeFileSync(
    path,
    `#!/bin/sh\necho "$*" >>"${folder}/asked"\n[ "$1" = version ] && exit 0\nfor to; do :; done\n${pull}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

describe("a folder of charts", () => {
  test("has what lies in it, with its schema and the charts inside", () => {
    write("web/1.2.3", {
      "Chart.yaml": "dependencies: [{name: redis, alias: cache, condition: cache.enabled}, {name: gone}]",
      "values.yaml": "port: 80",
      "values.schema.json": '{"type":"object"}',
      "charts/redis/values.yaml": "size: 1",
    });
    const { catalogue } = findCatalogue(folder);
    expect(catalogue?.(web)).toEqual({
      chart: {
        values: { port: 80 },
        schema: { type: "object" },
        subcharts: {
          cache: { values: { size: 1 }, schema: undefined, subcharts: {}, condition: "cache.enabled" },
        },
      },
    });
  });

  test("refuses a version that it does not have, and tells which it has", () => {
    write("web/1.2.4", { "values.yaml": "" });
    const { catalogue } = findCatalogue(folder);
    expect(catalogue?.(web)).toEqual({ refused: "the catalogue has no web 1.2.3 (P3), but 1.2.4" });
    expect(catalogue?.({ ...web, chart: "wob" })).toEqual({ refused: "the catalogue has no wob 1.2.3 (P3)" });
  });

  test("may hold a chart without values", () => {
    write("bare", { "Chart.yaml": "name: bare" });
    expect(readChart(join(folder, "bare"))).toEqual({ values: {}, schema: undefined, subcharts: {} });
  });
});

describe("without a folder of charts", () => {
  const fetched = (helm: string) =>
    findCatalogue(join(folder, "none"), helm, join(folder, "cache")).catalogue;
  const asked = () => readFileSync(join(folder, "asked"), "utf8").split("\n");

  test("helm fetches the exact version, once", () => {
    const helm = fakeHelm('mkdir -p "$to/web" && echo "port: 80" >"$to/web/values.yaml"');
    expect(fetched(helm)?.(web)).toMatchObject({ chart: { values: { port: 80 } } });
    expect(fetched(helm)?.(web)).toMatchObject({ chart: { values: { port: 80 } } });
    const pulls = asked().filter((line) => line.startsWith("pull"));
    expect(pulls).toHaveLength(1);
    expect(pulls[0]).toMatch(/^pull web --repo https:\/\/charts\.example\.org --version 1\.2\.3 --untar /);
  });

  test("helm is asked for a chart of a registry by its whole address", () => {
    fetched(fakeHelm("exit 1"))?.({ ...web, repository: "oci://registry.example.org/charts" });
    expect(asked()[1]).toMatch(/^pull oci:\/\/registry\.example\.org\/charts\/web --version 1\.2\.3 /);
  });

  test("a version that the repository does not have is refused", () => {
    const helm = fakeHelm(
      'echo "Error: chart \\"web\\" version \\"1.2.3\\" not found in repository" >&2; exit 1',
    );
    expect(fetched(helm)?.(web)).toEqual({ refused: expect.stringContaining("(P3)") });
  });

  test("a repository that does not answer says nothing of the chart, and leaves nothing behind", () => {
    const helm = fakeHelm('mkdir -p "$to/web"; echo "Error: no such host" >&2; exit 1');
    expect(fetched(helm)?.(web)).toEqual({ unavailable: expect.stringContaining("no such host") });
    expect(existsSync(join(folder, "cache/web/1.2.3"))).toBe(false);
  });

  test("and without helm there is no catalogue, for a reason", () => {
    const { catalogue, reason } = findCatalogue(join(folder, "none"), join(folder, "no-helm"));
    expect(catalogue).toBeUndefined();
    expect(reason).toContain("neither");
  });
});
