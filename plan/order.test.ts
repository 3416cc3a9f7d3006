import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { inOrder } from "../config/order.ts";
import { readLab } from "../config/read.ts";
import { fromEngine, parseStackFile, type Source } from "../config/source.ts";
import { program } from "../rehearsal/program.ts";
import { makePlan } from "./plan.ts";

const folder = "test/fixtures/valid";
const fixtures = readdirSync(folder).map((file): [string, Source] => [
  file,
  parseStackFile(file, readFileSync(`${folder}/${file}`, "utf8")),
]);

/** A value with the keys of every map sorted by `ranks`, which are used in turn. */
function permuted(value: unknown, ranks: readonly number[]): unknown {
  let next = 0;
  const rank = () => ranks[next++ % ranks.length] ?? 0;
  const walk = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(walk);
    if (typeof each !== "object" || each === null) return each;
    const entries = Object.entries(each).map(([key, inner]) => ({ key, inner: walk(inner), rank: rank() }));
    return Object.fromEntries(
      entries.toSorted((one, other) => one.rank - other.rank).map(({ key, inner }) => [key, inner]),
    );
  };
  return walk(value);
}

const reversed = (value: unknown) =>
  permuted(
    value,
    Array.from({ length: 1000 }, (_, index) => 1000 - index),
  );

/** The source as a file with its keys in the given order. */
const asFile = (name: string, values: unknown): Source =>
  parseStackFile(
    name,
    stringify(
      {
        config: Object.fromEntries(
          Object.entries(values as object).map(([key, value]): [string, unknown] => [`lab:${key}`, value]),
        ),
      },
      { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0, doubleQuotedMinMultiLineLength: 100_000 },
    ),
  );

/** The program's own public key, derived from a placeholder that differs in each plan. */
const madeUpKey = /(?<=AUTHORIZED_KEYS_B64=)[A-Za-z0-9+/=]+/g;

/** A lab as text, including the order of every map and list. */
const whole = (lab: unknown) =>
  inspect(lab, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null });

describe("the order of keys in a configuration", () => {
  test.each(fixtures)("does not change the lab of %s", (name, source) => {
    const expected = whole(readLab("it", source));
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 20, maxLength: 200 }), (ranks) => {
        const values = permuted(source.values, ranks);
        expect(whole(readLab("it", asFile(name, values)))).toBe(expected);
      }),
      { numRuns: 8 },
    );
  });

  test.each(fixtures)(
    "does not change the lab of %s that is read from the engine, which sorts keys",
    (name, source) => {
      const texts = Object.entries(source.values).map(([key, value]): [string, string] => [
        `lab:${key}`,
        typeof value === "object" ? JSON.stringify(inOrder(value)) : String(value),
      ]);
      const engine = fromEngine("it", Object.fromEntries(texts.toSorted()), () => false);
      expect(whole(readLab("it", engine)), name).toBe(whole(readLab("it", source)));
    },
  );

  test.each(fixtures.filter(([name]) => name.startsWith("tiers")))(
    "does not change the plan of %s when keys are reversed",
    async (name, source) => {
      const turned = asFile(name, reversed(source.values));
      expect(Object.keys(turned.values.nodes as object)).not.toEqual(
        Object.keys(source.values.nodes as object),
      );
      const plans = [await makePlan("it", source, program), await makePlan("it", turned, program)];
      expect(plans[0]?.document.errors).toEqual([]);
      const [lines = [], others = []] = plans.map(({ document }) =>
        JSON.stringify(document, null, 1).replace(madeUpKey, "KEY").split("\n"),
      );
      const first = lines.findIndex((line, index) => line !== others[index]);
      expect(others.slice(first, first + 3), "the first lines that differ").toEqual(
        first < 0 ? [] : lines.slice(first, first + 3),
      );
      expect(others.length).toBe(lines.length);
    },
    60_000,
  );

  test("chooses the first server by name as bootstrap server, integers before other names", () => {
    const [, source] = fixtures.find(([name]) => name === "minimal.yaml") ?? [];
    if (source === undefined) throw new Error("the fixture is missing");
    const all = Object.values(source.values.nodes as Record<string, { role: string }>);
    const servers = all.filter(({ role }) => role === "server");
    const named = (names: readonly string[]) => {
      const workers = Object.entries(source.values.nodes as object).filter(
        ([, { role }]) => role === "agent",
      );
      const nodes = Object.fromEntries([
        ...workers,
        ...names.map((name, index): [string, unknown] => [name, servers[index]]),
      ]);
      return readLab("it", asFile("it", { ...source.values, nodes })).servers.map(({ name }) => name);
    };
    expect(named(["two", "three", "one"])).toEqual(["one", "three", "two"]);
    expect(named(["b", "10", "9"])).toEqual(["9", "10", "b"]);
  });
});
