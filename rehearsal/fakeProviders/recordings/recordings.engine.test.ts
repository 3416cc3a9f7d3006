import { describe, expect, test } from "vitest";
import { pluginPath, startPlugin } from "./plugin.ts";
import { recordedPlugins } from "./plugins.ts";
import { playAll, readRecording } from "./record.ts";

const plugins = await Promise.all(
  recordedPlugins.map(async (plugin) => {
    const path = pluginPath(plugin.name);
    const missing =
      path === undefined ? `pulumi-resource-${plugin.name} is not on PATH` : await plugin.whyNot();
    return { ...plugin, path, missing };
  }),
);

/** The committed answers compared with those of the real plugin, where it is on PATH. */
describe.each(plugins)("the recording of $name", ({ name, path, missing, real }) => {
  if (missing !== undefined) console.warn(`skipped: ${name} is not recorded again: ${missing}`);

  test.skipIf(missing !== undefined)("equals the real plugin's answers", async () => {
    const recorded = readRecording(name);
    const trial = await real();
    const plugin = await startPlugin(path as string, trial.env);
    try {
      const version = await plugin.client.version();
      expect(
        version,
        "the plugin has another version: record it (rehearsal/fakeProviders/recordings/recordCommand.ts)",
      ).toBe(recorded.version);
      await plugin.client.configure(name, trial.config);
      expect(await playAll(plugin.client, trial.lifecycles, trial.scrub)).toEqual(recorded.cases);
    } finally {
      await plugin.stop();
      await trial.close();
    }
  });
});
