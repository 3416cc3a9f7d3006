import { parseArgs } from "node:util";
import { oldNamesWarning } from "../config/renamedFields.ts";
import { chosenStack, readStackFile } from "../config/source.ts";
import { jsonPieces } from "./json.ts";
import { makePlan } from "./plan.ts";
import { printPlan } from "./print.ts";

const usage = `Usage: npm run plan [-- OPTIONS]
Shows the resources that a stack would create, without a cluster, an account or the Pulumi CLI.

  --stack NAME    stack; default: homelab
  --config FILE   configuration of the stack; default: Pulumi.NAME.yaml
  --json          prints one JSON document on standard output, and no other text
  --help          prints this text

Exit status: 0 success, 2 a mandatory policy is violated, 3 the configuration is refused, 1 any other failure.
`;

async function main(): Promise<number> {
  let options: { stack?: string; config?: string; json?: boolean; help?: boolean };
  try {
    options = parseArgs({
      options: {
        stack: { type: "string" },
        config: { type: "string" },
        json: { type: "boolean" },
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
  const source = readStackFile(file);
  // On standard error, so that the JSON document stays alone on standard output.
  const warning = oldNamesWarning(source);
  if (warning !== undefined) process.stderr.write(`warning: ${warning}\n`);
  const plan = await makePlan(stack, source, () => import("../index.ts"));
  const { document } = plan;
  const pieces = options.json ? [jsonPieces(document), ["\n"]] : [[printPlan(plan)]];
  // Each piece is written before the next one is serialized: standard output may be a pipe.
  for (const part of pieces)
    for (const text of part) await new Promise((written) => process.stdout.write(text, written));
  if (document.errors.length > 0) return 3;
  return document.violations.some((violation) => violation.level === "mandatory") ? 2 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`the plan failed: ${(error as Error).message}\n`);
  return 1;
});
