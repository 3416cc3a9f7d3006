import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { providerSdks } from "../components/providerPlugins.ts";
import { pluginPath } from "./fakeProviders/recordings/plugin.ts";
import { openProjectCopy, stack, whyNoLanguageHost } from "./projectCopy.ts";

const plugins = Object.keys(providerSdks).filter((name) => pluginPath(name) === undefined);
const missing =
  (await whyNoLanguageHost()) ??
  (plugins.length > 0 ? `the plugins ${plugins.join(", ")} are not on PATH` : undefined);
if (missing !== undefined)
  console.warn(`skipped: previews with real plugins and the language host: ${missing}`);

/** The owner's stack, and fixtures that together use every feature. Each preview takes about 15 s. */
const files = [
  "Pulumi.homelab.yaml",
  ...["itil", "registry-tailscale-and-mcp", "tiers-and-shares"].map(
    (name) => `test/fixtures/valid/${name}.yaml`,
  ),
];

/** The resources of the plan, which runs the same program on the mock runtime. */
function planned(file: string): number {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["plan/planCommand.ts", "--json", "--stack", stack, "--config", file],
    { encoding: "utf8", maxBuffer: 256 * 2 ** 20 },
  );
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as { resources: unknown[] }).resources.length;
}

const counted = (output: string) => Number(/(\d+) to create/.exec(output)?.[1] ?? 0);

describe.skipIf(missing !== undefined)("a copy of the project with real plugins and language host", () => {
  test.each(files)(
    "previews %s on an empty state, with the policy pack and every resource of the plan",
    async (file) => {
      const copy = await openProjectCopy(file, "real");
      try {
        const began = Date.now();
        const { status, output } = await copy.pulumi([
          "preview",
          "--stack",
          stack,
          "--policy-pack",
          "policy",
        ]);
        const seconds = Math.round((Date.now() - began) / 1000);
        expect(status, output).toBe(0);
        console.log(`${file}: ${counted(output)} resources previewed in ${seconds} s`);
        expect(counted(output)).toBe(planned(file));
        expect(output).toMatch(/✅ .*homelab-guard/);
        // The CLI mentions every plugin that it takes from PATH.
        expect(output).not.toMatch(/\bwarning: (?!using pulumi-)/);
      } finally {
        copy.close();
      }
    },
  );
});
