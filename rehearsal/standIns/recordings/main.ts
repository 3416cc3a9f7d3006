import { pluginPath, startPlugin } from "./plugin.ts";
import { recordedPlugins } from "./plugins.ts";
import { playAll, writeRecording } from "./record.ts";

/** `npm run record [PLUGIN…]`: records the answers of the real plugins on PATH; without names, of all that are there. */
const wanted = process.argv.slice(2);
for (const { name, whyNot, real } of recordedPlugins) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = pluginPath(name);
  const reason = path === undefined ? `pulumi-resource-${name} is not on PATH` : whyNot();
  if (path === undefined || reason !== undefined) {
    console.log(`${name}: not recorded: ${reason}`);
    continue;
  }
  const trial = await real();
  const plugin = await startPlugin(path, trial.env);
  try {
    await plugin.client.configure(name, trial.config);
    const cases = await playAll(plugin.client, trial.lives, trial.scrub);
    writeRecording({ plugin: name, version: await plugin.client.version(), cases });
    console.log(`${name}: ${cases.length} answers recorded`);
  } finally {
    await plugin.stop();
    await trial.close();
  }
}
