import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readStackFile } from "../config/source.ts";
import { makePlan, type PlanDocument } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

export type PlannedResource = PlanDocument["resources"][number];

const root = fileURLToPath(new URL("../", import.meta.url));

/** Every configuration that must produce a valid lab: the valid fixtures and the reference lab. Relative paths. */
export function validConfigurations(): string[] {
  const fixtures = readdirSync(`${root}test/fixtures/valid`).map((file) => `test/fixtures/valid/${file}`);
  return [...fixtures, "test/reference.yaml"];
}

/**
 * The resources of each valid configuration, by its file. The plans run one after another in one process, and the
 * program is evaluated again for each, because loading the SDKs takes longer than all plans. The mock runtime stays
 * active: only for test files that do not need the real one. @throws Error when rules or a policy refuse a
 * configuration
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
