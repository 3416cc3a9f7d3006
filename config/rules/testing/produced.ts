import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { invalidFixtureNames, invalidValues, readInvalidFixture } from "../../../test/invalidFixtures.ts";
import { formatDiagnostic } from "../../diagnostic.ts";
import type { LabConfig } from "../../schema.ts";
import type { Rule } from "../rule.ts";
import { configOf } from "./judge.ts";

export const ruleFolder = fileURLToPath(new URL("../", import.meta.url));

/** The rules by the name of their file, which is the name of the function as well. */
export const ruleNames = readdirSync(ruleFolder)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "rule.ts")
  .map((file) => file.replace(/\.ts$/, ""));

let configs: readonly [name: string, LabConfig][] | undefined;

/** The invalid fixtures whose fields have valid types: only those reach the rules. Read once, and only when needed. */
function invalidConfigs(): readonly [name: string, LabConfig][] {
  configs ??= invalidFixtureNames.flatMap((name): [string, LabConfig][] => {
    const fixture = readInvalidFixture(name);
    const config = fixture.text === undefined ? configOf(invalidValues(fixture)) : undefined;
    return config === undefined ? [] : [[name, config]];
  });
  return configs;
}

/** The diagnostics of one rule in full, by the invalid fixture that produces them. */
export async function producedBy(
  name: string,
): Promise<(readonly [fixture: string, diagnostics: string[]])[]> {
  const exported = (await import(`../${name}.ts`)) as Record<string, Rule>;
  const rule = exported[name];
  if (rule === undefined) throw new Error(`config/rules/${name}.ts exports no rule ${name}`);
  return invalidConfigs()
    .map(([fixture, config]) => [fixture, rule(config).map(formatDiagnostic)] as const)
    .filter(([, diagnostics]) => diagnostics.length > 0);
}
