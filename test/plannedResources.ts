import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readStackFile } from "../config/source.ts";
import { makePlan, type PlanDocument } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

export type PlannedResource = PlanDocument["resources"][number];

const root = fileURLToPath(new URL("../", import.meta.url));

/** Every configuration that has to give a good lab: the stacks, and the fixtures that are right. Relative paths. */
export function goodConfigurations(): string[] {
  const stacks = readdirSync(root).filter((file) => /^Pulumi\.[\w-]+\.yaml$/.test(file));
  const fixtures = readdirSync(`${root}test/fixtures/valid`).map((file) => `test/fixtures/valid/${file}`);
  return [...stacks, ...fixtures];
}

/**
 * The resources of each good configuration, by its file. One after another in one process, with the program
 * evaluated anew each time, since loading the SDKs takes longer than all the plans. The mock runtime stays behind:
 * only for a test file that needs the real one nowhere else. @throws Error when a configuration is refused, by its rules or by a policy.
 */
export async function plannedResources(): Promise<ReadonlyMap<string, readonly PlannedResource[]>> {
  const planned = new Map<string, readonly PlannedResource[]>();
  for (const file of goodConfigurations()) {
    const { document } = await makePlan("check", readStackFile(`${root}${file}`), program);
    const refused = document.violations.filter(({ level }) => level === "mandatory");
    if (document.errors.length + refused.length > 0)
      throw new Error(`${file}: ${JSON.stringify([...document.errors, ...refused])}`);
    planned.set(file, document.resources);
  }
  return planned;
}
