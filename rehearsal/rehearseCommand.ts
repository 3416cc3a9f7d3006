import { join } from "node:path";
import { parseArgs } from "node:util";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { oldNamesWarning } from "../config/renamedFields.ts";
import { chosenStack, readStackFile } from "../config/source.ts";
import { cacheFolder } from "./cacheFolder.ts";
import { findCli, NoCli } from "./cli.ts";
import { type ProviderChoice, rehearse } from "./rehearse.ts";
import { Report } from "./report.ts";

const usage = `Usage: npm start [-- OPTIONS]
Rehearses a stack on the real Pulumi engine with a simulated lab: preview, up, a second up, a refused change, destroy.
It needs no hardware and no account, and it deletes its state afterwards.

  --stack NAME        stack; default: homelab
  --config FILE       configuration of the stack; default: Pulumi.NAME.yaml
  --providers CHOICE  providers of the first preview: real (the provider plugins), fake (the rehearsal's own), or auto
                      (real plugins that are on PATH or can be downloaded, fake ones for the rest); default: auto
  --verbose           prints the engine's output of some thousand lines, which otherwise only goes to the log file
  --help              prints this text

Exit status: 0 every claim was proved, 3 the configuration is refused, 130 interrupted, 1 any other failure.
`;

const log = (line: string) => process.stdout.write(`${line}\n`);

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
    if (options.providers === "stand-in") {
      process.stderr.write(
        "warning: --providers stand-in is now --providers fake; the next release rejects it\n",
      );
      options.providers = "fake";
    }
    if (!["real", "fake", "auto", undefined].includes(options.providers))
      throw new Error(`--providers must be real, fake or auto, not ${options.providers}`);
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
    const cli = await findCli(log);
    const report = new Report(
      process.stdout,
      join(cacheFolder(), "rehearsal", `${stack}.log`),
      options.verbose ?? false,
    );
    log(`Rehearsal of ${stack} on Pulumi ${cli.version} (${cli.origin}) with a simulated lab`);
    log(`  Engine output: ${report.logFile}`);
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
    log(
      `${error.message}\n\nThe rehearsal needs the engine of the CLI. The plan, which does not need it, follows:\n`,
    );
    await import("../plan/planCommand.ts");
    return process.exitCode === undefined || process.exitCode === 0 ? 1 : Number(process.exitCode);
  }
}

process.exitCode = await main().catch((error: NodeJS.ErrnoException) => {
  const fix = error.syscall === "mkdtemp" ? "\n  fix: set TMPDIR to a writable folder" : "";
  process.stderr.write(`the rehearsal stopped: ${error.message}${fix}\n`);
  return 1;
});
