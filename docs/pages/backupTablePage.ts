import { volumePolicies } from "../../components/backup/volumePolicies.ts";
import { features } from "../../components/features.ts";
import { backupFolder } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";

/** The backups of a stack: schedule, folder, retention, maximum loss and restore method of each. */
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
    `# Backups of the stack ${lab.stack}`,
    "",
    `All backups are in the bucket \`${lab.config.backup.bucket}\` at ${lab.config.backup.endpoint}. Schedules are in UTC. "Lost at most"`,
    "covers the writes since the newest backup, if that backup is as old as it can be.",
    "",
    "| what | namespace | schedule | folder | retained | lost at most | restored by |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## What Velero does with a volume",
    "",
    "The first matching line applies. A volume that matches none is backed up file by file.",
    "",
    "| volume types, or StorageClasses | action |",
    "| --- | --- |",
    ...volumes,
    "",
  ].join("\n");
}
