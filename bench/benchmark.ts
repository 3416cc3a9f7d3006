// Measurements, not tests: duration of the plan, its growth, and the cost of components on the real engine.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import Table from "cli-table3";
import { publicKeyOf } from "../components/node/sshKey.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { placeholderSecrets } from "../plan/placeholders.ts";
import type { PlanDocument } from "../plan/plan.ts";
import { findCli } from "../rehearsal/cli.ts";
import { openStack } from "../rehearsal/engine.ts";
import { fakeProvidersFor } from "../rehearsal/fakeProviders/fakeProvidersFor.ts";
import { serveFakeProviders } from "../rehearsal/fakeProviders/serve.ts";
import { program } from "../rehearsal/program.ts";
import { simulatorOf } from "../rehearsal/simulator/simulator.ts";
import { baseFile } from "./base.ts";
import { labOf } from "./lab.ts";

const usage = `Usage: npm run bench [-- OPTIONS] [FILE...]
Measures the duration of the plan for labs of growing size and for each given stack file, and the cost of the program's
components in a preview on the real engine.

  --short   one run of each, and only the smallest lab; shows that the benchmark works
  --help    prints this text
`;

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Arguments of `node` in the npm script `plan`: flags that make V8 collect early, and the program. */
const planCommand = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    scripts: { plan: string };
  }
).scripts.plan
  .split(" ")
  .slice(1);

/** Runs the plan command once as a process: seconds, peak memory in MiB, and resources. */
function timePlan(file: string) {
  const measure = `process.on("exit", () => process.stderr.write(String(process.resourceUsage().maxRSS)))`;
  const began = performance.now();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(measure)}`,
      ...planCommand,
      "--json",
      "--config",
      file,
    ],
    { encoding: "utf8", maxBuffer: 1024 * 1024 * 1024 },
  );
  const seconds = (performance.now() - began) / 1000;
  if (status !== 0)
    throw new Error(`the plan of ${file} ended with ${status}: ${stdout.slice(0, 500)}${stderr}`);
  return {
    seconds,
    memory: Number(stderr) / 1024,
    resources: (JSON.parse(stdout) as { resources: unknown[] }).resources.length,
  };
}

/** The plan of the base lab, of labs of other sizes made from it, and of the given stack files. */
function benchPlan(counts: readonly number[], named: readonly string[], repeats: number): void {
  const folder = mkdtempSync(join(tmpdir(), "homelab-bench-"));
  const table = new Table({
    head: ["lab", "resources", "seconds", "MiB at most", "seconds per node above 10"],
    style: { head: [], border: [] },
  });
  const base = readFileSync(baseFile, "utf8");
  const files = counts.map((count): [string, string] => {
    const file = join(folder, `Pulumi.of-${count}.yaml`);
    writeFileSync(file, labOf(count, base));
    return [`${count} nodes`, file];
  });
  let ten = Number.NaN;
  try {
    for (const [name, file] of [...named.map((each) => [each, each] as const), ...files]) {
      const runs = Array.from({ length: repeats }, () => timePlan(file));
      const seconds = median(runs.map((run) => run.seconds));
      const count = Number.parseInt(name, 10);
      if (count === 10) ten = seconds;
      table.push([
        name,
        runs[0]?.resources,
        seconds.toFixed(2),
        Math.max(...runs.map((run) => run.memory)).toFixed(0),
        count > 10 ? ((seconds - ten) / (count - 10)).toFixed(4) : "",
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`npm run plan -- --json, whole process, median of ${repeats}\n${table.toString()}`);
}

/** A resource with its type and inputs. */
class Flat extends pulumi.CustomResource {}

/**
 * Previews the program and a flat program alternately in one run. The flat program has the same resources with the
 * same inputs, without components and without dependencies.
 */
async function benchPreview(repeats: number): Promise<void> {
  const source = readStackFile(baseFile);
  const secrets = placeholderSecrets();
  const lab = readLab("bench", source);
  const simulator = simulatorOf(lab, [publicKeyOf(secrets.sshPrivateKey)], secrets.proxmoxApiToken);
  const served = await serveFakeProviders(fakeProvidersFor(simulator));
  const cli = await findCli(console.log);
  const common = { cli, values: source.values, secrets, debugProviders: served.debugProviders };
  const ours = await openStack({ ...common, stack: "bench", program });
  // In a process of its own, because the mock runtime would stay active in this one.
  const planned = spawnSync(process.execPath, ["plan/planCommand.ts", "--json", "--config", baseFile], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const resources = (JSON.parse(planned.stdout) as PlanDocument).resources.filter(
    ({ type }) => !type.startsWith("pulumi:"),
  );
  const flat = await openStack({
    ...common,
    stack: "flat",
    program: async () => {
      // Two providers carry their configuration, as in every program.
      const providers: Readonly<Record<string, pulumi.ProviderResource>> = {
        proxmoxve: new proxmoxve.Provider("flat", {
          endpoint: "https://127.0.0.1:8006",
          apiToken: secrets.proxmoxApiToken,
        }),
        // A kubeconfig that is unknown at preview, as the program's is.
        kubernetes: new kubernetes.Provider("flat", {
          kubeconfig: new random.RandomPassword("kubeconfig", { length: 8 }).result,
        }),
      };
      for (const { type, name, inputs } of resources)
        if (type.startsWith("lab:")) new pulumi.ComponentResource(type, name, inputs as pulumi.Inputs);
        else {
          const provider = providers[type.split(":")[0] ?? ""];
          new Flat(type, name, inputs as pulumi.Inputs, provider === undefined ? {} : { provider });
        }
      return {};
    },
  });
  const times = { ours: [] as number[], flat: [] as number[] };
  for (let run = 0; run < repeats; run += 1)
    for (const [name, stack] of [["ours", ours] as const, ["flat", flat] as const]) {
      const began = performance.now();
      await stack.preview({ policies: false });
      times[name].push((performance.now() - began) / 1000);
    }
  await ours.close();
  await flat.close();
  served.close();
  simulator.dispose();
  const [one, other] = [median(times.ours), median(times.flat)];
  console.log(
    `\nPreview of ${resources.length} resources, median of ${repeats}, without policies: the program ${one.toFixed(2)} s, a flat one ${other.toFixed(2)} s, ratio ${(one / other).toFixed(2)}`,
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { short: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  benchPlan(values.short ? [7] : [7, 10, 50, 100, 200], positionals, values.short ? 1 : 3);
  await benchPreview(values.short ? 1 : 5);
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
