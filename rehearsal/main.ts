import { parseArgs, styleText } from "node:util";
import { ConfigurationRefused } from "../config/problem.ts";
import { readLab } from "../config/read.ts";
import { chosenStack, readStackFile } from "../config/source.ts";
import { findCli, NoCli } from "./cli.ts";
import { type ProviderChoice, rehearse } from "./rehearse.ts";

const usage = `Usage: npm start [-- OPTIONS]
Rehearses a stack on the real Pulumi engine: preview, up, up again, a refused change, destroy. No hardware, no
account: the data centre is simulated, and the state is thrown away.

  --stack NAME        the stack; by default homelab
  --config FILE       its configuration; by default Pulumi.NAME.yaml
  --providers CHOICE  whose word the first preview takes: real (the provider plugins), stand-in, or auto (real ones
                      where they are on PATH or can be downloaded), the default
  --help              this text

Exit status: 0 all was proved, 3 the configuration is refused, 130 interrupted, 1 anything else.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  let options: { stack?: string; config?: string; providers?: string; help?: boolean };
  try {
    options = parseArgs({
      options: {
        stack: { type: "string" },
        config: { type: "string" },
        providers: { type: "string" },
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
  try {
    readLab(stack, source);
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 3;
  }

  try {
    const cli = await findCli(say);
    say(`Pulumi ${cli.version} (${cli.origin})`);
    const proved = await rehearse({
      cli,
      stack,
      source,
      providers: (options.providers ?? "auto") as ProviderChoice,
      say,
      show: (text) => process.stdout.write(text),
    });
    say(styleText("bold", "\nProved"));
    for (const { claim, holds, evidence } of proved)
      say(`${holds ? styleText("green", "yes") : styleText("red", "NO ")}  ${claim}: ${evidence}`);
    return proved.every(({ holds }) => holds) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoCli)) throw error;
    say(`${error.message}\n\nWithout a CLI there is no engine to rehearse on. This is the plan instead:\n`);
    await import("../plan/main.ts");
    return process.exitCode === undefined || process.exitCode === 0 ? 1 : Number(process.exitCode);
  }
}

process.exitCode = await main().catch((error: NodeJS.ErrnoException) => {
  const mend = error.syscall === "mkdtemp" ? "\n  mend: set TMPDIR to a folder that can be written" : "";
  process.stderr.write(`the rehearsal stopped: ${error.message}${mend}\n`);
  return 1;
});
