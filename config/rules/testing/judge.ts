import { expect, test } from "vitest";
import { type Patch, patched } from "../../../test/invalidFixtures.ts";
import { inOrder } from "../../order.ts";
import type { LabConfig } from "../../schema.ts";
import { checkShape } from "../../shape.ts";
import type { Source } from "../../source.ts";
import type { Rule } from "../rule.ts";

/** The configuration with these values, or undefined where the schema rejects them. */
export function configOf(values: Patch): LabConfig | undefined {
  const plain = Object.entries(values)
    .filter(([key]) => key.startsWith("lab:"))
    .map(([key, value]) => [key.slice("lab:".length), value]);
  const shape = checkShape(inOrder(Object.fromEntries(plain)) as Source["values"]);
  return Array.isArray(shape) ? undefined : (shape as LabConfig);
}

/** The valid fixture `minimal` with patches. @throws Error where the schema rejects the result */
export function configWith(...patches: readonly Patch[]): LabConfig {
  const config = configOf(patched("minimal", ...patches));
  if (config === undefined) throw new Error(`the schema rejects ${JSON.stringify(patches)}`);
  return config;
}

/** A test name, a patch on the valid fixture `minimal`, and how each diagnostic begins: `PATH: MESSAGE`. */
export type Edge = readonly [name: string, change: Patch, ...diagnostics: string[]];

/** Tests of one rule at its boundaries: each reports exactly these diagnostics, in this order. */
export function testEdges(rule: Rule, edges: readonly Edge[]): void {
  test.each(edges.map(([name, change, ...expected]) => [name, { change, expected }] as const))(
    "%s",
    (_name, { change, expected }) => {
      const actual = rule(configWith(change)).map(({ path, message }) => `${path}: ${message}`);
      const compared = actual.map((text, index) => {
        const start = expected[index];
        return start !== undefined && text.startsWith(start) ? start : text;
      });
      expect(compared).toEqual(expected);
    },
  );
}
