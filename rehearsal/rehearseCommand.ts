import { join } from "node:path";
import { parseArgs } from "node:util";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { oldNamesWarning } from "../config/renamedFields.ts";
import { chosenStack, readStackFile } from "../config/source.ts";
import { cacheFolder, findCli, NoCli } from "./cli.ts";
import { type ProviderChoice, rehearse } from "./rehearse.ts";
import { Report } from "./report.ts";

const usage = `Usage: npm start [-- OPTIONS]
Rehearses a stack on the real Pulumi engine: preview, up, up again, a refused change, destroy. No hardware, no
account: the simulator is simulated, and the state is thrown away.

  --stack NAME        the stack; by default homelab
  --config FILE       its configuration; by default Pulumi.NAME.yaml
  --providers CHOICE  whose word the first preview takes: real (the provider plugins), stand-in, or auto (real ones
                      where they are on PATH or can be downloaded), the default
  --verbose           prints the engine's output, some thousand lines, which otherwise only goes to the log file
  --help              this text

Exit status: 0 all was proved, 3 the configuration is refused, 130 interrupted, 1 anything else.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  let options: { stack?: string; config?: string; providers?: string; verbose?: boolean; help?: boolean };
  try {
    options = parseArgs({
      options: {
        stack: { type: "string" },
        config: { type: "string" },
        providers: { type: "string" },
        verbose: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
    if (!["real", "stand-in", "auto", undefined].includes(options.providers))
      throw new Error(`--providers is real, stand-in or auto, not ${options.providers}`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 1;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { stack, file } = chosenStack(options);
  const source = readStackFile(file);
  const warning = oldNamesWarning(source);
  if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`);
  try {
    readLab(stack, source);
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 3;
  }

  try {
    const cli = await findCli(say);
    const report = new Report(
      process.stdout,
      join(cacheFolder(), "rehearsal", `${stack}.log`),
      options.verbose ?? false,
    );
    say(`Rehearsal of ${stack} on Pulumi ${cli.version} (${cli.origin}); the simulator is simulated`);
    say(`  The engine's output: ${report.logFile}`);
    const claims = await rehearse({
      cli,
      stack,
      source,
      providers: (options.providers ?? "auto") as ProviderChoice,
      report,
    });
    report.claims(claims);
    report.close();
    return claims.every(({ holds }) => holds) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoCli)) throw error;
    say(`${error.message}\n\nWithout a CLI there is no engine to rehearse on. This is the plan instead:\n`);
    await import("../plan/planCommand.ts");
    return process.exitCode === undefined || process.exitCode === 0 ? 1 : Number(process.exitCode);
  }
}

process.exitCode = await main().catch((error: NodeJS.ErrnoException) => {
  const fix = error.syscall === "mkdtemp" ? "\n  fix: set TMPDIR to a folder that can be written" : "";
  process.stderr.write(`the rehearsal stopped: ${error.message}${fix}\n`);
  return 1;
});
