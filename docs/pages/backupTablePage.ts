import { volumePolicies } from "../../components/backup/volumePolicies.ts";
import { features } from "../../components/features.ts";
import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

/** Every backup of a stack: what, how often, where, how long, how it comes back and how old it is at most. */
export function backupTablePage(lab: Lab): string {
  const policies = features.flatMap(({ backupPolicies }) => backupPolicies(lab));
  const rows = policies.map(
    ({ what, namespace, system, schedule, keepDays, rpoHours, restore }) =>
      `| ${what} | ${namespace} | \`${schedule.replaceAll("|", "\\|")}\` | \`${backupFolder(lab, system)}\` | ${keepDays} days | ${rpoHours} h | ${restore} |`,
  );
  const volumes = volumePolicies(lab).map(
    ({ conditions, action }) =>
      `| ${Object.values(conditions)
        .flat()
        .map((value) => `\`${String(value)}\``)
        .join(", ")} | ${action.type} |`,
  );
  return [
    `# The backups of the stack ${lab.stack}`,
    "",
    `All of them lie in the bucket \`${lab.config.backup.bucket}\` at ${lab.config.backup.endpoint}. Times are in UTC. What is lost at`,
    "most is what was written since the newest backup, where that one is as old as it may be.",
    "",
    "| what | namespace | when | folder | kept | lost at most | how it comes back |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## What Velero does with a volume",
    "",
    "The first line that fits counts; a volume that none fits is copied file by file.",
    "",
    "| types of volumes, or storage classes | action |",
    "| --- | --- |",
    ...volumes,
    "",
  ].join("\n");
}
