import { describe, expect, test } from "vitest";
import { definitionSchema } from "./definitionSchema.ts";
import { compile } from "./strictSchema.ts";

const check = compile(
  definitionSchema({
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      metadata: { type: "object" },
      status: { type: "object", required: ["ready"] },
      spec: {
        type: "object",
        required: ["mode"],
        properties: {
          mode: { type: "string", enum: ["one", "two"], default: "one" },
          port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          note: { type: "string", nullable: true },
          level: { type: "string", nullable: true, enum: ["low"] },
          ratio: { type: "number", minimum: 0, exclusiveMinimum: true },
          empty: { type: "object" },
          open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          names: { type: "object", additionalProperties: { type: "string" } },
          template: {
            type: "object",
            "x-kubernetes-embedded-resource": true,
            properties: { spec: { type: "object", properties: { image: { type: "string" } } } },
          },
          rules: {
            type: "array",
            maxItems: 2,
            items: {
              type: "object",
              properties: { from: { type: "string" }, to: { type: "string", format: "int32" } },
              // A condition that names one of the fields and does not exclude the other.
              anyOf: [{ properties: { from: {} }, required: ["from"] }, { required: ["to"] }],
            },
          },
        },
      },
    },
  }),
);
const object = (spec: object) => ({
  apiVersion: "lab.home/v1",
  kind: "Thing",
  metadata: { name: "one" },
  spec,
});

describe("definitionSchema", () => {
  test.each([
    [{}],
    [{ port: 80 }],
    [{ port: "http" }],
    [{ note: null, level: null }],
    [{ ratio: 0.1 }],
    [{ empty: {}, open: { any: { thing: 1 } }, names: { a: "b" } }],
    [{ template: { apiVersion: "v1", kind: "Pod", metadata: { labels: {} }, spec: { image: "x" } } }],
    [{ rules: [{ from: "a", to: "b" }] }],
  ])("accepts %j", (spec) => expect(check(object(spec))).toEqual([]));

  test.each([
    [{ mod: "one" }, "spec.mod"],
    [{ mode: "three" }, "spec.mode"],
    [{ port: true }, "spec.port"],
    [{ mode: null }, "spec.mode"],
    [{ ratio: 0 }, "spec.ratio"],
    [{ empty: { some: 1 } }, "spec.empty.some"],
    [{ names: { a: 1 } }, "spec.names.a"],
    [{ template: { spec: { imge: "x" } } }, "spec.template.spec.imge"],
    [{ rules: [{ from: "a", too: "b" }] }, "spec.rules.0.too"],
    [{ rules: [{}] }, "spec.rules.0"],
    [{ rules: [{ to: "a" }, { to: "b" }, { to: "c" }] }, "spec.rules"],
  ])("rejects %j", (spec, path) =>
    expect(check(object(spec)).map((problem) => problem.path)).toContain(path),
  );

  test("rejects a status, which a program must not write", () =>
    expect(check({ ...object({}), status: { ready: true } })).toHaveLength(1));

  test("rejects an object without a name", () =>
    expect(check({ ...object({}), metadata: {} })).toEqual([
      { path: "metadata.name", message: "is missing" },
    ]));
});
