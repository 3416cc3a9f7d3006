import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { charts, longhornVersions } from "../catalog/charts.ts";
import {
  besideCheckout,
  chartChecksum,
  type Definition,
  definitionsChecksum,
  findCharts,
  findDefinitions,
  isCi,
  orFailInCi,
} from "./upstream.ts";
import { chartSources, definitionSources } from "./upstreamSources.ts";

let folder: string;
let server: Server;
let address: string;
let requests: string[];
const served = new Map<string, Buffer | string>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "upstream-"));
  served.clear();
  requests = [];
  server = createServer(({ url = "" }, answer) => {
    requests.push(url);
    const file = served.get(url);
    answer.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
const places = () => ({ beside: join(folder, "beside"), cache: join(folder, "cache") });

/** An unpacked chart named `web`, and its archive. */
function chartArchive(values = "port: 80\n"): { path: string; archive: Buffer } {
  const path = join(folder, "web");
  mkdirSync(join(path, "templates"), { recursive: true });
  writeFileSync(join(path, "Chart.yaml"), "name: web\nversion: 1.2.3\nappVersion: 7.0.0\n");
  writeFileSync(join(path, "values.yaml"), values);
  writeFileSync(join(path, "templates/one.yaml"), "kind: ConfigMap\n");
  return { path, archive: execFileSync("tar", ["-czf", "-", "-C", folder, "web"]) };
}

describe("findCharts", () => {
  const sourceOf = (path: string) => [
    { chart: "web", version: "1.2.3", url: `${address}/web.tgz`, checksum: chartChecksum(path) },
  ];

  test("returns the folder beside the checkout without a request", async () => {
    mkdirSync(join(folder, "beside/charts"), { recursive: true });
    const { path } = chartArchive();
    expect(await findCharts(places(), sourceOf(path))).toEqual({ folder: join(folder, "beside/charts") });
    expect(requests).toEqual([]);
  });

  test("fetches a chart once into the cache, with its templates", async () => {
    const { path, archive } = chartArchive();
    served.set("/web.tgz", archive);
    for (let run = 0; run < 2; run += 1)
      expect(await findCharts(places(), sourceOf(path))).toEqual({ folder: join(folder, "cache/charts") });
    expect(requests).toEqual(["/web.tgz"]);
    expect(readdirSync(join(folder, "cache/charts/web"))).toEqual(["1.2.3"]);
    expect(readFileSync(join(folder, "cache/charts/web/1.2.3/templates/one.yaml"), "utf8")).toContain("kind");
  });

  test("rejects a chart with another checksum, and leaves nothing in the cache", async () => {
    const sources = sourceOf(chartArchive().path);
    served.set("/web.tgz", chartArchive("port: 81\n").archive);
    await expect(findCharts(places(), sources)).rejects.toThrow("test/upstreamSources.ts pins");
    expect(readdirSync(join(folder, "cache/charts/web"))).toEqual([]);
  });

  test("reports the address that does not answer, and the reason", async () => {
    const { path } = chartArchive();
    expect(await findCharts(places(), sourceOf(path))).toEqual({
      missing: `${address}/web.tgz cannot be fetched: status 404`,
    });
    server.close();
    expect(await findCharts(places(), sourceOf(path))).toEqual({
      missing: expect.stringContaining("cannot be fetched: "),
    });
  });
});

const definition = (field: object): Definition & { readonly metadata: object } => ({
  kind: "CustomResourceDefinition",
  metadata: { name: "things.lab.home" },
  spec: {
    group: "lab.home",
    names: { plural: "things" },
    scope: "Namespaced",
    versions: [{ name: "v1", schema: { properties: { size: field } } }],
  },
});

describe("findDefinitions", () => {
  const sources = (definitions: readonly Definition[]) => [
    {
      url: address,
      groups: ["lab.home"],
      files: ["all.yaml"],
      checksum: definitionsChecksum(definitions),
    },
  ];

  test("fetches the definitions of a file once, and stores each by group and name", async () => {
    const one = definition({ type: "integer" });
    served.set("/all.yaml", `kind: Namespace\n---\n# A comment.\n${stringify(one)}---\n`);
    for (let run = 0; run < 2; run += 1) {
      const found = await findDefinitions(places(), sources([one]));
      if ("missing" in found) throw new Error(found.missing);
      const text = readFileSync(join(found.folder, "lab.home/things.lab.home.yaml"), "utf8");
      expect(parse(text)).toEqual(one);
    }
    expect(requests).toEqual(["/all.yaml"]);
  });

  test("rejects definitions with another checksum", async () => {
    served.set("/all.yaml", stringify(definition({ type: "string" })));
    await expect(findDefinitions(places(), sources([definition({ type: "integer" })]))).rejects.toThrow(
      "test/upstreamSources.ts pins",
    );
    expect(existsSync(join(folder, "cache"))).toBe(true);
    expect(readdirSync(join(folder, "cache"))).toEqual([]);
  });
});

test("the checksum of definitions ignores descriptions, formatting and order, and no field", () => {
  const plain = definition({ type: "integer", minimum: 1 });
  const same = definition({ description: "How big it is.", minimum: 1, type: "integer" });
  expect(definitionsChecksum([same])).toBe(definitionsChecksum([plain]));
  // A field that is named `description` counts.
  const withField = definition({
    type: "integer",
    minimum: 1,
    properties: { description: { type: "string" } },
  });
  expect(definitionsChecksum([withField])).not.toBe(definitionsChecksum([plain]));
});

describe("orFailInCi", () => {
  test.each([
    ["true", true],
    ["1", true],
    ["false", false],
    ["", false],
  ])("takes CI=%s as CI: %s", (value, ci) => expect(isCi(value)).toBe(ci));

  test("throws in CI where upstream files are missing, and passes the reason on elsewhere", () => {
    const before = process.env.CI;
    try {
      process.env.CI = "true";
      expect(() => orFailInCi({ missing: "no route" })).toThrow("in CI no check may be skipped: no route");
      expect(orFailInCi({ folder: "there" })).toEqual({ folder: "there" });
      process.env.CI = "";
      expect(orFailInCi({ missing: "no route" })).toEqual({ missing: "no route" });
    } finally {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    }
  });
});

describe("the list of upstream files", () => {
  test("has every chart that the program installs, and no other", () => {
    const installed = [
      ...Object.values(charts),
      ...longhornVersions.map((version) => ({ ...charts.longhorn, version })),
    ].map(({ chart, version }) => `${chart} ${version}`);
    expect(new Set(chartSources.map(({ chart, version }) => `${chart} ${version}`))).toEqual(
      new Set(installed),
    );
  });

  test("has addresses on HTTPS with the version in them", () => {
    for (const { url, version } of chartSources)
      expect(url).toMatch(new RegExp(`^https://.*${version}\\.tgz$`));
    for (const { url } of definitionSources)
      expect(url).toMatch(/^https:\/\/raw\.githubusercontent\.com\/[\w-]+\/[\w-]+\/v\d+\.\d+\.\d+\//);
  });
});

const beside = existsSync(besideCheckout);
if (!beside)
  console.warn(`SKIPPED: there is no ${besideCheckout} to compare with the list of upstream files`);

describe.skipIf(!beside)("the files beside the checkout", () => {
  /** The copy has two fields of the project's main branch, which release 0.7.0 does not have. */
  const unreleased = ["plugin-barman-cloud"];
  /** The copy is of an earlier Cilium; the program creates no such object. */
  const otherRelease = ["ciliumnodeconfigs"];

  test.each(chartSources.filter(({ chart }) => !unreleased.includes(chart)))(
    "have $chart $version as it was released",
    ({ chart, version, checksum }) =>
      expect(chartChecksum(join(besideCheckout, "charts", chart, version))).toBe(checksum),
  );

  test.each(definitionSources)(
    "have the definitions of $groups as they were released",
    ({ groups, checksum }) => {
      const definitions = groups
        .map((group) => join(besideCheckout, "crds", group))
        .flatMap((path) => readdirSync(path).map((file) => readFileSync(join(path, file), "utf8")))
        .map((text) => parse(text) as Definition)
        .filter(({ spec }) => !otherRelease.includes(spec.names.plural));
      expect(definitionsChecksum(definitions)).toBe(checksum);
    },
  );
});
