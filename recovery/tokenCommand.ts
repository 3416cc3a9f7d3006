import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { chosenStack } from "../config/source.ts";
import { findCli } from "../rehearsal/cli.ts";
import { Pulumi } from "./pulumi.ts";
import { tokenOf, withToken } from "./stateToken.ts";

const usage = `Usage: npm run token [-- --stack NAME] < FILE
Gives the state the K3s token that the cluster has, or is to have: docs/runbooks/token.md. Touches no node, and shows
no secret. The next \`pulumi up\` tells the members, one server after another.

Exit status: 0 the state has it, 1 it was left as it was.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { stack: { type: "string" }, help: { type: "boolean" } } });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (process.stdin.isTTY) throw new Error("the token comes on standard input: npm run token < FILE");
  const token = tokenOf(await text(process.stdin));
  const { stack } = chosenStack(values);
  const cli = await findCli((line) => process.stderr.write(`${line}\n`));
  const pulumi = new Pulumi(cli.path, stack);
  await pulumi.importText(withToken(await pulumi.decryptedText(), token));
  process.stdout.write(`the state of ${stack} has this token; \`pulumi up\` tells the members\n`);
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`the state was left as it was: ${(error as Error).message}\n`);
  return 1;
});
