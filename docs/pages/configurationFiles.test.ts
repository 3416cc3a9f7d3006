import { globSync, readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { fieldDocs, unwrap } from "../../config/fieldDocs.ts";
import { readLab } from "../../config/read.ts";
import { renamedFields } from "../../config/renamedFields.ts";
import { labSchema } from "../../config/schema.ts";
import { checkShape } from "../../config/shape.ts";
import { parseStackFile, readStackFile } from "../../config/source.ts";
import { samplePage } from "./samplePage.ts";
import { stackFileSchema } from "./stackFileSchema.ts";
import { yamlText } from "./yamlText.ts";

/** Every field and section of the schema, by its path. */
const all: [path: string, schema: z.core.$ZodType][] = [];
const collect = (schema: z.core.$ZodType, path: string) => {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    for (const [key, field] of Object.entries(inner.shape)) {
      all.push([`${path}${key}`, field]);
      collect(field, `${path}${key}.`);
    }
  else if (inner instanceof z.ZodRecord) collect(inner.valueType, `${path}NAME.`);
  else if (inner instanceof z.ZodArray) collect(inner.element, path);
};
collect(labSchema, "");

describe("the documentation of the schema", () => {
  test.each(all)("has every part for lab:%s", (_, schema) => {
    const { meaning, change, unit, omitted, example } =
      fieldDocs.get(schema) ?? expect.fail("no documentation");
    for (const text of [meaning, change]) expect(text).toMatch(/^\S.*\.$/s);
    const inner = unwrap(schema);
    if (inner instanceof z.ZodNumber) expect(unit).toBeTruthy();
    if (schema instanceof z.ZodOptional) expect(omitted).toMatch(/\.$/);
    const content =
      inner instanceof z.ZodRecord ? inner.valueType : inner instanceof z.ZodArray ? inner.element : inner;
    const isSection = unwrap(content) instanceof z.ZodObject;
    expect(example === undefined).toBe(isSection);
    if (!isSection) expect(z.safeParse(schema, example).error?.issues ?? []).toEqual([]);
  });
});

describe("the sample file", () => {
  const text = samplePage();

  test("is a valid lab", () => {
    const source = parseStackFile("docs/reference/sample.yaml", text);
    expect(source.diagnostics).toEqual([]);
    expect(readLab("sample", source).nodes).toHaveLength(5);
  });

  test("has a valid form with every disabled field too", () => {
    const enabled = text.replace(/^( *)#(?! \S)/gm, "$1");
    const { values, diagnostics } = parseStackFile("sample", enabled);
    expect(diagnostics).toEqual([]);
    const shape = checkShape(values);
    expect(Array.isArray(shape) ? shape : []).toEqual([]);
    const keys = (value: unknown): string[] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [key, ...keys(inner)])
        : [];
    const written = new Set(keys(values));
    for (const [path] of all) expect(written, path).toContain(path.split(".").at(-1));
  });
});

describe("the JSON Schema for editors", () => {
  const validate = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  }).compile(JSON.parse(stackFileSchema()));
  const errorsOf = (file: unknown): ErrorObject[] => (validate(file) ? [] : (validate.errors ?? []));
  const sample = () => parse(samplePage()) as { config: Record<string, Record<string, unknown>> };

  test.each([...globSync("test/fixtures/valid/*.yaml"), "Pulumi.homelab.yaml", "docs/reference/sample.yaml"])(
    "accepts %s",
    (file) => expect(errorsOf(parse(readFileSync(file, "utf8"), { merge: true }))).toEqual([]),
  );

  test.each<[string, string, (config: Record<string, Record<string, unknown>>) => void]>([
    ["an unknown key", "", (config) => Object.assign(config, { "lab:clutser": {} })],
    ["an unknown field", "/lab:dns", (config) => Object.assign(config["lab:dns"] ?? {}, { servers: [] })],
    ["a missing field", "/lab:storage", (config) => delete config["lab:storage"]?.replicas],
    ["a missing section", "", (config) => delete config["lab:cluster"]],
    [
      "text where a number is due",
      "/lab:storage/replicas",
      (config) => Object.assign(config["lab:storage"] ?? {}, { replicas: "3" }),
    ],
    [
      "a number out of range",
      "/lab:storage/reservePercent",
      (config) => Object.assign(config["lab:storage"] ?? {}, { reservePercent: 90 }),
    ],
    [
      "a prefix length on an address",
      "/lab:cluster/apiAddress",
      (config) => Object.assign(config["lab:cluster"] ?? {}, { apiAddress: "10.20.2.5/24" }),
    ],
    [
      "a word that is not one of the choices",
      "/lab:nodes/worker1/role",
      (config) => Object.assign(config["lab:nodes"]?.worker1 ?? {}, { role: "worker" }),
    ],
    [
      "a secret in clear text",
      "/lab:backupKey",
      (config) => Object.assign(config, { "lab:backupKey": "K004" }),
    ],
    [
      "an old and a new name of a required field",
      "/lab:restore",
      (config) => Object.assign(config, { "lab:restore": { from: "latest", life: 1, generation: 1 } }),
    ],
  ])("rejects %s", (_, path, change) => {
    const file = sample();
    change(file.config);
    expect(errorsOf(file).map(({ instancePath }) => instancePath)).toContain(`/config${path}`);
  });

  test("accepts what the CLI writes: a boolean in quotes, secrets, and its own keys", () => {
    const file = sample();
    Object.assign(file.config, { "lab:production": "false", "lab:backupKey": { secure: "v1:abc" } });
    expect(errorsOf({ ...file, encryptionsalt: "v1:abc" })).toEqual([]);
  });

  test("has every old field name as deprecated, and accepts a lab with it", () => {
    const schema = JSON.parse(stackFileSchema());
    for (const { path, name } of renamedFields) {
      const [key, ...rest] = path;
      const section = rest
        .slice(0, -1)
        .reduce(
          (at, part) => (part === "*" ? at.additionalProperties : at.properties[part]),
          schema.properties.config.properties[`lab:${key}`],
        );
      const old = section.properties[rest.at(-1) ?? ""];
      expect(old).toMatchObject({ deprecated: true, description: expect.stringContaining(name) });
    }
    const file = sample();
    Object.assign(file.config["lab:cluster"] ?? {}, { podRouting: "vxlan" });
    Object.assign(file.config["lab:nodes"]?.worker1 ?? {}, { born: "2026-11-21" });
    Object.assign(file.config, { "lab:restore": { from: "latest", life: 1, scope: ["authentik"] } });
    expect(errorsOf(file)).toEqual([]);
  });
});

describe("values in the pages", () => {
  test.each([
    ["plain", "plain"],
    ["2026-11-21", '"2026-11-21"'],
    ["1.10", '"1.10"'],
    ["true", '"true"'],
    ["43 2 * * *", "43 2 * * *"],
    ["*/7 * * * *", '"*/7 * * * *"'],
    ["a: b", '"a: b"'],
    ["", '""'],
    [["a,b", "c"], '["a,b", c]'],
    [
      { "docker.io": ["https://mirror.example.org:5000"] },
      "{ docker.io: [https://mirror.example.org:5000] }",
    ],
    [{}, "{}"],
    [true, "true"],
    [5, "5"],
  ])("writes %j as %s, which the file reader reads as the same value", (value, text) => {
    expect(yamlText(value)).toBe(text);
    expect(parseStackFile("x", `config:\n  lab:a: { b: ${yamlText(value, true)} }\n`).values).toEqual({
      a: { b: value },
    });
  });
});

test("the sample of the repository is the one that the stack file reader reads", () =>
  expect(readStackFile("docs/reference/sample.yaml").diagnostics).toEqual([]));
