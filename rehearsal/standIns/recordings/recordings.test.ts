import { beforeAll, describe, expect, test } from "vitest";
import { serveStandIns } from "../serve.ts";
import { recordedPlugins } from "./plugins.ts";
import { ProviderClient } from "./providerClient.ts";
import { comparable, playAll, readRecording } from "./record.ts";
import type { Case } from "./recording.ts";

/**
 * Where a stand-in refuses at the check what the plugin lets through, and why. The rest of the life has no counterpart.
 */
const stricter: Readonly<Record<string, string>> = {
  "a password with an unknown field":
    "the SDK's types are the schema; the plugin drops the field without a word",
  "a machine whose id is taken":
    "the plugin adopts the other guest, which the host gate refuses first (0017)",
};

describe.each(recordedPlugins)("the stand-in for $name", ({ name, standIn }) => {
  const { cases: recorded } = readRecording(name);
  let played: Case[];
  beforeAll(async () => {
    const trial = await standIn();
    const served = await serveStandIns([trial.standIn]);
    const client = new ProviderClient(`127.0.0.1:${served.debugProviders.split(":")[1]}`);
    try {
      await client.configure(name, trial.config);
      played = await playAll(client, trial.lives, trial.scrub);
    } finally {
      client.close();
      served.close();
      await trial.close();
    }
  });

  test.each([...new Set(recorded.map((one) => one.name))])("answers as the plugin did: %s", (life) => {
    const of = (cases: readonly Case[]) => comparable(cases.filter((one) => one.name === life));
    if (stricter[life] !== undefined) {
      expect(of(recorded)).not.toEqual(of(played));
      return;
    }
    expect(of(played)).toEqual(of(recorded));
  });

  test("plays every life that was recorded, and no other", () =>
    expect([...new Set(played.map((one) => one.name))]).toEqual([
      ...new Set(recorded.map((one) => one.name)),
    ]));
});
