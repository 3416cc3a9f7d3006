import { stripVTControlCharacters } from "node:util";
import { stringify } from "yaml";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import { readLab } from "../config/read.ts";
import { parseStackFile } from "../config/source.ts";
import { errorsOf } from "../plan/plan.ts";
import { printRefusal } from "../plan/print.ts";
import { invalidFixtureNames, invalidStackFile, readInvalidFixture } from "./invalidFixtures.ts";

/** What `npm run plan` prints for the stack file of an invalid fixture. @throws Error where the file is valid */
export function refusalOf(name: string): string {
  try {
    readLab("example", parseStackFile("Pulumi.example.yaml", invalidStackFile(readInvalidFixture(name))));
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    return stripVTControlCharacters(printRefusal({ stack: "example", errors: errorsOf(error) })).trimEnd();
  }
  throw new Error(`the fixture ${name} describes a valid configuration`);
}

/** What is wrong in an invalid fixture, as lines of a stack file. */
export function mistakeOf(name: string): string {
  const { change, text } = readInvalidFixture(name);
  return (text ?? stringify(change, { lineWidth: 110 })).trimEnd();
}

const usage = `Usage: npm run reject -- NAME
Shows one of the invalid configurations of test/fixtures/invalid, and the message that rejects it. Exit status: 3.

Names: ${invalidFixtureNames.join(", ")}
`;

if (import.meta.main) {
  const [name = ""] = process.argv.slice(2);
  if (invalidFixtureNames.includes(name)) {
    console.log(`${mistakeOf(name)}\n\n${refusalOf(name)}`);
    process.exitCode = 3;
  } else {
    process.stderr.write(usage);
    process.exitCode = 1;
  }
}
