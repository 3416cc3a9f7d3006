import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readStackFile } from "../config/source.ts";
import { makePlan, type PlanDocument } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

export type PlannedResource = PlanDocument["resources"][number];

const root = fileURLToPath(new URL("../", import.meta.url));

/** Every valid configuration of the tests: the valid fixtures and the reference lab, by relative path. */
export function validConfigurations(): string[] {
  const fixtures = readdirSync(`${root}test/fixtures/valid`).map((file) => `test/fixtures/valid/${file}`);
  return [...fixtures, "test/reference.yaml"];
}

/**
 * The resources of each valid configuration, by its file. The plans run in sequence in one process, since loading the SDKs
 * takes longer than all of them; the program is evaluated again for each. Pulumi's mock runtime stays installed: only for
 * a test file that does not need the real one. @throws Error when a rule or a policy rejects a configuration
 */
export async function plannedResources(): Promise<ReadonlyMap<string, readonly PlannedResource[]>> {
  const planned = new Map<string, readonly PlannedResource[]>();
  for (const file of validConfigurations()) {
    const { document } = await makePlan("check", readStackFile(`${root}${file}`), program);
    const refused = document.violations.filter(({ level }) => level === "mandatory");
    if (document.errors.length + refused.length > 0)
      throw new Error(`${file}: ${JSON.stringify([...document.errors, ...refused])}`);
    planned.set(file, document.resources);
  }
  return planned;
}
