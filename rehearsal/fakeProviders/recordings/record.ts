import { readFileSync, writeFileSync } from "node:fs";
import type { ProviderClient } from "./providerClient.ts";
import { type Case, type Life, play, type Recording, type Scrub } from "./recording.ts";

const file = (plugin: string) => new URL(`${plugin}.json`, import.meta.url);

/** The committed answers of a plugin. */
export function readRecording(plugin: string): Recording {
  return JSON.parse(readFileSync(file(plugin), "utf8")) as Recording;
}

/** One line a case, so that a change of an answer is a changed line in the diff. */
export function writeRecording({ plugin, version, cases }: Recording): void {
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  writeFileSync(
    file(plugin),
    `{\n  "plugin": ${JSON.stringify(plugin)},\n  "version": ${JSON.stringify(version)},\n  "cases": [\n${lines.join(",\n")}\n  ]\n}\n`,
  );
}

/** Plays lives one after another. */
export async function playAll(client: ProviderClient, lives: readonly Life[], scrub: Scrub): Promise<Case[]> {
  const cases: Case[] = [];
  for (const generation of lives) cases.push(...(await play(client, generation, scrub)));
  return cases;
}

/**
 * A recording as far as a stand-in has to repeat it. The words of a check's refusal are the plugin's own, as are those of a
 * wait that ended; of another refusal the first paragraph counts, since advice follows.
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
