import { pluginPath, startPlugin } from "./plugin.ts";
import { recordedPlugins } from "./plugins.ts";
import { writeRecording } from "./record.ts";
import { type Case, play } from "./recording.ts";

/**
 * Records the answers of the real plugins on PATH, either the named ones or all: `node …/recordCommand.ts [PLUGIN…]`.
 */
const wanted = process.argv.slice(2);
for (const { name, whyNot, real, select } of recordedPlugins) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = pluginPath(name);
  const reason = path === undefined ? `pulumi-resource-${name} is not on PATH` : await whyNot();
  if (path === undefined || reason !== undefined) {
    console.log(`${name}: not recorded: ${reason}`);
    continue;
  }
  const trial = await real(await select?.());
  const plugin = await startPlugin(path, trial.env);
  try {
    await plugin.client.configure(name, trial.config);
    const cases: Case[] = [];
    for (const lifecycle of trial.lifecycles) {
      const began = Date.now();
      cases.push(...(await play(plugin.client, lifecycle, trial.scrub)));
      console.log(`${name}: ${lifecycle.name} (${Date.now() - began} ms)`);
    }
    writeRecording({ plugin: name, version: await plugin.client.version(), cases });
    console.log(`${name}: ${cases.length} answers recorded`);
  } finally {
    await plugin.stop();
    await trial.close();
  }
}
