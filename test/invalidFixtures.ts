import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { z } from "zod";

const folder = fileURLToPath(new URL("fixtures/", import.meta.url));

/** The values of a stack file by key, or a JSON Merge Patch (RFC 7386) on them, in which null removes a key. */
export type Patch = Readonly<Record<string, unknown>>;
const patch = z.record(z.string(), z.unknown());

/** A file of test/fixtures/invalid. */
const fixtureSchema = z
  .strictObject({
    /** The valid fixture that it changes. */
    base: z.string().default("minimal"),
    change: patch.optional(),
    /** The whole text of a stack file, in place of `base` and `change`, where the file itself is malformed. */
    text: z.string().optional(),
    /** Every diagnostic of the changed file, each with words of its message. */
    rejects: z
      .array(
        z.strictObject({ path: z.string(), lesson: z.string().default("-"), message: z.string().min(4) }),
      )
      .min(1),
    /** A patch on the changed file that makes it valid. Without one the fix is to revert the only change. */
    fix: patch.optional(),
  })
  .refine(({ change, text }) => (change === undefined) !== (text === undefined), "needs `change` or `text`")
  .refine(
    ({ change, fix }) => change === undefined || fix !== undefined || revertsInOneStep(change),
    "changes more than one value, and says nothing of the fix",
  );

export type InvalidFixture = z.output<typeof fixtureSchema>;

export const invalidFixtureNames: readonly string[] = readdirSync(`${folder}invalid`).map((file) =>
  basename(file, ".yaml"),
);

export function readInvalidFixture(name: string): InvalidFixture {
  return fixtureSchema.parse(parse(readFileSync(`${folder}invalid/${name}.yaml`, "utf8")));
}

/** The values of a changed stack file, with more patches applied to them. */
export function invalidValues({ base, change }: InvalidFixture, ...patches: readonly Patch[]): Patch {
  return patched(base, change ?? {}, ...patches);
}

/** The text of the stack file that a fixture describes, with more patches applied to it. */
export function invalidStackFile(fixture: InvalidFixture, ...patches: readonly Patch[]): string {
  return (
    fixture.text ??
    stringify(
      { config: invalidValues(fixture, ...patches) },
      {
        defaultStringType: "QUOTE_DOUBLE",
        defaultKeyType: "PLAIN",
        lineWidth: 0,
        doubleQuotedMinMultiLineLength: 1e6,
      },
    )
  );
}

/** The values of a valid fixture with JSON Merge Patches applied. */
export function patched(base: string, ...patches: readonly Patch[]): Patch {
  return patches.reduce<Patch>((values, change) => mergePatch(values, change) as Patch, validValues(base));
}

const read = new Map<string, Patch>();

function validValues(base: string): Patch {
  const known = read.get(base);
  if (known !== undefined) return known;
  const { config } = parse(readFileSync(`${folder}valid/${base}.yaml`, "utf8")) as { config: Patch };
  read.set(base, config);
  return config;
}

function isMap(value: unknown): value is Patch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergePatch(target: unknown, change: unknown): unknown {
  if (!isMap(change)) return change;
  const merged = new Map(Object.entries(isMap(target) ? target : {}));
  for (const [key, value] of Object.entries(change))
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  return Object.fromEntries(merged);
}

/** Whether a change is one value, below maps of one key each. */
function revertsInOneStep(change: unknown): boolean {
  if (!isMap(change)) return true;
  const [first, ...others] = Object.values(change);
  return others.length === 0 && revertsInOneStep(first);
}
