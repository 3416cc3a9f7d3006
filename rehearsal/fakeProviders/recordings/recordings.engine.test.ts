import { describe, expect, test } from "vitest";
import { pluginPath, startPlugin } from "./plugin.ts";
import { recordedPlugins } from "./plugins.ts";
import { playAll, readRecording } from "./record.ts";

/** The committed answers against those of the real plugin, where it is on PATH. */
describe.each(recordedPlugins)("the recording of $name", ({ name, whyNot, real }) => {
  const path = pluginPath(name);
  const missing = path === undefined ? `pulumi-resource-${name} is not on PATH` : whyNot();
  if (missing !== undefined) console.warn(`skipped: ${name} is not recorded again: ${missing}`);

  test.skipIf(missing !== undefined)("is what the real plugin answers", async () => {
    const recorded = readRecording(name);
    const trial = await real();
    const plugin = await startPlugin(path as string, trial.env);
    try {
      const version = await plugin.client.version();
      expect(
        version,
        "another version answers: record it (rehearsal/fakeProviders/recordings/recordCommand.ts)",
      ).toBe(recorded.version);
      await plugin.client.configure(name, trial.config);
      expect(await playAll(plugin.client, trial.lives, trial.scrub)).toEqual(recorded.cases);
    } finally {
      await plugin.stop();
      await trial.close();
    }
  });
});
