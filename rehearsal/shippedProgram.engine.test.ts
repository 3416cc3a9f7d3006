import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { providerSdks } from "../components/providerPlugins.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { placeholderSecrets } from "../plan/placeholders.ts";
import { findCli } from "./cli.ts";
import { pluginPath } from "./fakeProviders/recordings/plugin.ts";
import { counted, openShipped, whyNotShipped } from "./shippedProgram.ts";

const plugins = Object.keys(providerSdks).filter((name) => pluginPath(name) === undefined);
const missing =
  whyNotShipped() ?? (plugins.length > 0 ? `the plugins ${plugins.join(", ")} are not on PATH` : undefined);
if (missing !== undefined) console.warn(`skipped: no preview on real parts: ${missing}`);

/** A stack that is shipped, and fixtures that together have every feature. Each preview takes some 15 s. */
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
    ["plan/planCommand.ts", "--json", "--stack", "trial", "--config", file],
    { encoding: "utf8", maxBuffer: 256 * 2 ** 20 },
  );
  if (stdout === "") throw new Error(stderr);
  return (JSON.parse(stdout) as { resources: unknown[] }).resources.length;
}

describe.skipIf(missing !== undefined)(
  "the program as it is shipped, with every real plugin and the real language host",
  () => {
    test.each(files)(
      "previews %s with the policy pack on an empty state, with every resource of the plan",
      async (file) => {
        const source = readStackFile(file);
        const shipped = await openShipped(
          await findCli(),
          source,
          placeholderSecrets(readLab("trial", source)),
        );
        try {
          const began = Date.now();
          const output = await shipped.pulumi("preview", "--stack", "trial", "--policy-pack", "policy");
          const seconds = Math.round((Date.now() - began) / 1000);
          console.log(`${file}: ${counted(output, "to create")} resources previewed in ${seconds} s`);
          expect(counted(output, "to create")).toBe(planned(file));
          expect(output).toMatch(/✅ .*homelab-guard/);
          // The CLI mentions every part that it takes from PATH.
          expect(output).not.toMatch(/\bwarning: (?!using pulumi-)/);
        } finally {
          shipped.close();
        }
      },
    );
  },
);
