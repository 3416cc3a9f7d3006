import { readFileSync, writeFileSync } from "node:fs";
import type { ProviderClient } from "./providerClient.ts";
import { type Case, type Lifecycle, play, type Recording, type Scrub } from "./recording.ts";

const file = (plugin: string) => new URL(`${plugin}.json`, import.meta.url);

/** The committed answers of a plugin. */
export function readRecording(plugin: string): Recording {
  return JSON.parse(readFileSync(file(plugin), "utf8")) as Recording;
}

/** One line per case, so that a changed answer is a changed line in the diff. */
export function writeRecording({ plugin, version, cases }: Recording): void {
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  writeFileSync(
    file(plugin),
    `{\n  "plugin": ${JSON.stringify(plugin)},\n  "version": ${JSON.stringify(version)},\n  "cases": [\n${lines.join(",\n")}\n  ]\n}\n`,
  );
}

/** Runs lifecycles one after another. */
export async function playAll(
  client: ProviderClient,
  lifecycles: readonly Lifecycle[],
  scrub: Scrub,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const lifecycle of lifecycles) cases.push(...(await play(client, lifecycle, scrub)));
  return cases;
}

/**
 * The part of a recording that a fake provider must reproduce. The wording of a check's rejection and of a wait that
 * timed out is the plugin's own. Of another rejection the first paragraph counts, since advice follows it.
 */
export function comparable(cases: readonly Case[]): unknown[] {
  return cases.map((one) => {
    const { failures, refused, incomplete } = one.answer;
    if (failures !== undefined) return { ...one, answer: "refused by its check" };
    if (refused === undefined) return one;
    return {
      ...one,
      answer: { ...one.answer, refused: incomplete ? "not ready" : refused.split("\n\n")[0] },
    };
  });
}
