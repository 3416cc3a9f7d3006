import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Properties } from "./fakeProvider.ts";
import { canonicalQuantity, checkpoint, objectDiff, stored } from "./kubernetesObjects.ts";

describe("the canonical form of a quantity", () => {
  test.each([
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["1.5", "1500m"],
    ["0.5Gi", "512Mi"],
    ["1024Mi", "1Gi"],
    ["1000Mi", "1000Mi"],
    ["1000M", "1G"],
    ["2Gi", "2Gi"],
    ["0", "0"],
    ["ten", "ten"],
  ])("of %s is %s", (given, canonical) => expect(canonicalQuantity(given)).toBe(canonical));

  test("has the same amount, and is its own canonical form", () =>
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.constantFrom("", "m", "k", "M", "Ki", "Mi", "Gi"),
        (number, suffix) => {
          const canonical = canonicalQuantity(`${number}${suffix}`);
          expect(amount(canonical)).toBe(amount(`${number}${suffix}`));
          expect(canonicalQuantity(canonical)).toBe(canonical);
        },
      ),
    ));
});

/** In thousandths. */
function amount(text: string): bigint {
  const [, digits = "0", suffix = ""] = /^(\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const powers = ["m", "", "k", "M", "G", "T", "P"].indexOf(suffix);
  const factor =
    powers >= 0
      ? 1000n ** BigInt(powers)
      : 1000n * 1024n ** BigInt(["Ki", "Mi", "Gi", "Ti", "Pi"].indexOf(suffix) + 1);
  return BigInt(digits) * factor;
}

describe("a changed ConfigMap or Secret:", () => {
  const object = (kind: string, text: string, more: object = {}): Properties => ({
    apiVersion: "v1",
    kind,
    metadata: { name: "one", namespace: "lab" },
    data: { key: text },
    ...more,
  });
  const judged = (kind: string, isMutable: boolean, more: object = {}) => {
    const inputs = object(kind, "b25l", more);
    const outputs = {
      ...checkpoint(stored(`kubernetes:core/v1:${kind}`, inputs), inputs),
      ...inputs,
      __inputs: inputs,
    };
    return objectDiff({ inputs, outputs }, object(kind, "dHdv", more), {
      configMaps: isMutable,
      secrets: isMutable,
    });
  };

  test.each(["ConfigMap", "Secret"])(
    "%s is replaced, and deleted first, without the provider's switch",
    (kind) =>
      expect(judged(kind, false)).toEqual({
        differences: { "data.key": "update-replace" },
        deleteBeforeReplace: true,
      }),
  );

  test.each(["ConfigMap", "Secret"])("%s is updated in place with the provider's switch", (kind) =>
    expect(judged(kind, true)).toEqual({ differences: { "data.key": "update" }, deleteBeforeReplace: false }),
  );

  test.each(["ConfigMap", "Secret"])("%s that is immutable is replaced with the switch as well", (kind) =>
    expect(judged(kind, true, { immutable: true }).deleteBeforeReplace).toBe(true),
  );
});
