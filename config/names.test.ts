import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonName, labelName, nameLimits, portName, versionedJobName } from "./names.ts";

const of = (length: number, begin = "a") => begin.padEnd(length, "b");

/** Names as configurations have them: hosts with ports, names, and any other text. */
const text = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,80}[a-z0-9])?$/),
  fc.stringMatching(/^([a-z0-9-]{1,20}\.){1,6}[a-z]{2,10}(:\d{1,5})?$/),
  fc.string({ minLength: 1, maxLength: 120 }),
);

const port = /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;
const label = (limit: number) => new RegExp(`^[a-z0-9]([a-z0-9-]{0,${limit - 2}}[a-z0-9])?$`);

describe.each<[string, (name: string) => string, number, RegExp]>([
  ["a port name", portName, nameLimits.port, port],
  ["a label", (name) => labelName(name, nameLimits.label), nameLimits.label, label(63)],
  ["a release name", (name) => labelName(name, nameLimits.release), nameLimits.release, label(53)],
  ["a slug", (name) => labelName(name, nameLimits.applicationSlug), nameLimits.applicationSlug, label(50)],
  ["the name of a Job", (name) => versionedJobName(name, "0123abcd"), nameLimits.job, label(63)],
  ["a common name", commonName, nameLimits.commonName, /^.{1,64}$/su],
])("%s", (_, shorten, limit, valid) => {
  test("is valid and stable for any text", () => {
    fc.assert(
      fc.property(text, (name) => {
        expect(shorten(name)).toMatch(valid);
        expect(shorten(name).length).toBeLessThanOrEqual(limit);
        expect(shorten(name)).toBe(shorten(name));
      }),
      { numRuns: 500 },
    );
  });

  test("differs for different texts", () => {
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 2, maxLength: 50 }), (names) => {
        expect(new Set(names.map(shorten)).size).toBe(names.length);
      }),
    );
  });

  test("differs for texts that differ beyond the limit only", () => {
    const long = of(limit);
    expect(shorten(`${long}x`)).not.toBe(shorten(`${long}y`));
  });
});

describe("a name that fits is not changed:", () => {
  test.each([["docker-io"], ["registry-k8s-io"], ["own"], [of(15)], ["1a"]])("port %s", (name) =>
    expect(portName(name)).toBe(name),
  );

  test.each([[52], [53], [62], [63]])("label of %i characters within that limit", (length) =>
    expect(labelName(of(length), length)).toBe(of(length)),
  );

  test("job with its version at 63 characters", () => {
    expect(versionedJobName(of(54), "0123abcd")).toBe(`${of(54)}-0123abcd`);
  });

  test("common name at 64 characters", () => expect(commonName(of(64))).toBe(of(64)));
});

describe("a name that does not fit is shortened to the limit:", () => {
  test.each([[nameLimits.port, portName]])("%i characters of a port", (limit, shorten) => {
    expect(shorten(of(limit + 1))).toHaveLength(limit);
    expect(shorten("docker-elastic-co")).toMatch(/^docker-e-[a-z][a-z0-9]{5}$/);
  });

  test.each([[52], [53], [63]])("a label of one character more than %i", (limit) => {
    expect(labelName(of(limit + 1), limit)).toHaveLength(limit);
    expect(labelName(of(limit + 1), limit).slice(0, limit - 7)).toBe(of(limit - 7));
  });

  test("the name of a Job keeps its version in full", () => {
    expect(versionedJobName(of(55), "0123abcd")).toMatch(/-[a-z][a-z0-9]{5}-0123abcd$/);
    expect(versionedJobName(of(55), "0123abcd")).toHaveLength(63);
  });

  test("a common name of 65 characters", () => expect(commonName(of(65))).toHaveLength(64));

  test.each([
    ["two hyphens in a row", "my--registry"],
    ["no letter", "10-0-0-5-5000"],
    ["a hyphen first", "-a"],
    ["a hyphen last", "a-"],
  ])("a port name with %s, at any length", (_, name) => {
    expect(portName(name)).not.toBe(name);
    expect(portName(name)).toMatch(port);
  });

  test("without two hyphens before the hash", () =>
    expect(portName("12345-7-a.example")).not.toContain("--"));
});
