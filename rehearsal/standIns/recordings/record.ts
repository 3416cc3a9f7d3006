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
  for (const life of lives) cases.push(...(await play(client, life, scrub)));
  return cases;
}

/** A recording as far as a stand-in has to repeat it: the words in which a check refuses inputs are the plugin's own. */
export function comparable(cases: readonly Case[]): unknown[] {
  return cases.map((one) =>
    one.answer.failures === undefined ? one : { ...one, answer: "refused by its check" },
  );
}
