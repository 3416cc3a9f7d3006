import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { ConfigurationRefused } from "./diagnostic.ts";
import { unwrap } from "./fieldDocs.ts";
import { readLab } from "./read.ts";
import { oldNamesWarning, renamedFields, renameFields } from "./renamedFields.ts";
import { labSchema } from "./schema.ts";
import { fromEngine, parseStackFile, type Source } from "./source.ts";

const folder = "test/fixtures/valid";
const minimal = readFileSync(`${folder}/minimal.yaml`, "utf8");

type Config = Record<string, unknown>;

/** The minimal lab with changes, by the two readers: the file's and the engine's. */
function sources(change: (config: Config) => void): readonly (readonly [string, Source])[] {
  const { config } = parse(minimal) as { config: Config };
  change(config);
  const handed = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return [
    [
      "the stack file",
      parseStackFile("Pulumi.it.yaml", stringify({ config }, { defaultStringType: "QUOTE_DOUBLE" })),
    ],
    ["the engine", fromEngine("it", Object.fromEntries(handed), () => false)],
  ];
}

const inSection = (config: Config, key: string, fields: object) => {
  config[`lab:${key}`] = { ...(config[`lab:${key}`] as object), ...fields };
};

const everyOldName = (config: Config) => {
  const nodes = config["lab:nodes"] as Record<string, object>;
  config["lab:nodes"] = { ...nodes, four: { ...nodes.four, born: "2026-11-21" } };
  inSection(config, "cluster", { podRouting: "vxlan" });
  inSection(config, "ingress", { gateway: "traefik" });
  inSection(config, "storage", { backupLimitHours: 30 });
  inSection(config, "backup", {
    life: 3,
    schedules: {
      hourly: { limitMinutes: 30, keepHours: 50 },
      daily: { limitMinutes: 200, keepDays: 20 },
      weekly: { limitMinutes: 500, keepDays: 60 },
    },
  });
  inSection(config, "restore", { from: "latest", life: 2, scope: ["authentik"], over: ["authentik"] });
  inSection(config, "registry", { address: "10.2.0.31", ownGiB: 7 });
};

const refusalOf = (source: Source) => {
  try {
    readLab("it", source);
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.diagnostics;
    throw error;
  }
  return [];
};

test("every renamed field is a field of the schema under its new name, and not under its old name", () => {
  for (const { path, name } of renamedFields) {
    let schema: z.core.$ZodType = labSchema;
    for (const part of path.slice(0, -1)) {
      const parent = unwrap(schema);
      if (parent instanceof z.ZodRecord) schema = parent.valueType;
      else if (parent instanceof z.ZodObject) schema = parent.shape[part];
    }
    const section = unwrap(schema);
    const known = section instanceof z.ZodObject ? Object.keys(section.shape) : [];
    expect(known).toContain(name);
    expect(known).not.toContain(path.at(-1));
  }
});

describe("a lab with old field names", () => {
  test.each(sources(everyOldName))("is read from %s like one with the new names", (_, source) => {
    const { config } = readLab("it", source);
    expect(config.nodes.four?.rebuild).toBe("2026-11-21");
    expect(config.cluster.routingMode).toBe("tunnel");
    expect(config.ingress.gatewayClass).toBe("traefik");
    expect(config.storage.maxBackupAgeHours).toBe(30);
    expect(config.backup.generation).toBe(3);
    expect(config.backup.schedules).toMatchObject({
      hourly: { timeoutMinutes: 30, ttlHours: 50 },
      daily: { timeoutMinutes: 200, ttlDays: 20 },
      weekly: { timeoutMinutes: 500, ttlDays: 60 },
    });
    expect(config.restore).toEqual({
      from: "latest",
      generation: 2,
      includedNamespaces: ["authentik"],
      overwrite: ["authentik"],
    });
    expect(config.registry?.imagesGiB).toBe(7);
  });

  test.each(sources(everyOldName))("from %s is warned about once, with each new name", (_, source) => {
    const warning = oldNamesWarning(source) ?? "";
    expect(warning).toContain(`${source.name} uses old field names`);
    expect(warning).toContain("lab:nodes.four.born: write rebuild\n");
    expect(warning).toContain("lab:cluster.podRouting: write routingMode: tunnel\n");
    expect(warning).toContain("lab:backup.schedules.daily.keepDays: write ttlDays\n");
    expect(warning.match(/^ {2}lab:/gm)).toHaveLength(renamedFields.length);
    expect(warning).toMatch(/\n {2}fix: rename these fields/);
  });

  test.each(
    sources((config) => {
      inSection(config, "ingress", { gateway: "nginx" });
      inSection(config, "backup", { life: 2 });
      inSection(config, "restore", { from: "latest", life: 0 });
    }),
  )("from %s is refused with the paths as they are written", (_, source) =>
    expect(refusalOf(source).map(({ path }) => path)).toEqual(["lab:ingress.gateway", "lab:restore.life"]),
  );

  test.each(sources((config) => inSection(config, "restore", { from: "latest", life: 1, generation: 1 })))(
    "from %s is refused where a field has both names",
    (_, source) =>
      expect(refusalOf(source)).toMatchObject([
        {
          path: "lab:restore.life",
          message: "is the old name of generation, and lab:restore.generation is set too",
          fix: "remove life, and keep generation",
        },
        // The rule of restores: generation 1 is this generation.
        { path: "lab:restore.generation", lesson: "B6" },
      ]),
  );
});

test("a rule of several fields reports the old name too (B6)", () => {
  const [[, source]] = sources((config) => inSection(config, "restore", { from: "latest", life: 1 })) as [
    readonly [string, Source],
  ];
  expect(refusalOf(source)).toMatchObject([{ path: "lab:restore.life", lesson: "B6" }]);
});

test("a lab with new names alone is read as it is, without a warning", () => {
  const source = parseStackFile("Pulumi.it.yaml", minimal);
  expect(renameFields(source.values)).toEqual({ values: source.values, oldNames: [], diagnostics: [] });
  expect(oldNamesWarning(source)).toBeUndefined();
});

test("values of the wrong form are left to the schema", () => {
  for (const values of [{ nodes: 5 }, { nodes: { a: null } }, { nodes: [{ born: "x" }] }, { backup: "x" }])
    expect(renameFields(values).values).toEqual(values);
});

test("no fixture sets a field under both names", () => {
  for (const file of readdirSync(folder)) {
    const { values } = parseStackFile(file, readFileSync(`${folder}/${file}`, "utf8"));
    expect(renameFields(values).diagnostics).toEqual([]);
  }
});
