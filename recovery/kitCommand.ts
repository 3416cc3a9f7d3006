import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { chosenStack, readStackFile } from "../config/source.ts";
import { findCli } from "../rehearsal/cli.ts";
import { checkKit } from "./check.ts";
import { printFindings } from "./print.ts";
import { Pulumi } from "./pulumi.ts";
import { saveCopy } from "./stateChecks.ts";

const usage = `Usage: npm run kit [-- OPTIONS]
Checks from this machine that everything is in hand with which a lost lab is rebuilt: the state, its passphrase, the
keys, the backups. Needs no cluster, changes nothing, and shows no secret.

  --stack NAME    the stack; by default homelab
  --config FILE   its configuration; by default Pulumi.NAME.yaml
  --copy FILE     also tries a copy of the state: restores it into an empty backend, and reads its secrets
  --save FILE     writes such a copy, secrets encrypted, and checks nothing
  --help          this text

Exit status: 0 all is in hand, 3 the configuration is refused, 1 something is missing or not valid.
`;

async function main(): Promise<number> {
  let options: { stack?: string; config?: string; copy?: string; save?: string; help?: boolean };
  try {
    options = parseArgs({
      options: {
        stack: { type: "string" },
        config: { type: "string" },
        copy: { type: "string" },
        save: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return 1;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { stack, file } = chosenStack(options);
  if (options.save !== undefined) {
    const cli = await findCli((line) => process.stderr.write(`${line}\n`));
    await saveCopy(new Pulumi(cli.path, stack), resolve(options.save));
    process.stdout.write(
      `${options.save} holds ${stack} as its backend has it; keep it where the backend is not\n`,
    );
    return 0;
  }
  const lab = readLab(stack, readStackFile(file));
  const copy = options.copy === undefined ? undefined : resolve(options.copy);
  const findings = await checkKit({ lab, file: resolve(file), copy, now: new Date() });
  const text = printFindings(stack, findings);
  await new Promise((written) => process.stdout.write(text, written));
  return findings.some(({ outcome }) => outcome === "wrong") ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof ConfigurationRefused) {
    process.stderr.write(`${error.message}\n`);
    return 3;
  }
  process.stderr.write(`the kit could not be checked: ${(error as Error).message}\n`);
  return 1;
});
