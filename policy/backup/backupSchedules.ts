import { intervalOf, spellMinutes } from "../../config/cron.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf } from "../queries/releases.ts";

const required = ["hourly", "daily", "weekly"] as const;

/** A missing or disabled schedule is noticed only when a restore needs its backup. */
export const backupSchedules: LessonPolicy = {
  key: "backupSchedules",
  lesson: "B1",
  description:
    "Velero has hourly, daily and weekly schedules whose backups end before the next one starts and are kept until it exists",
  severity: "critical",
  remediationSteps:
    "configure all three schedules in lab:backup.schedules, with itemOperationTimeout below the interval and ttl above it",
  validateStack: (resources) => {
    const velero = resources.find((resource) => chartOf(resource) === "velero");
    const schedules = objectsOf(resources, "velero.io", "Schedule");
    // Another policy reports a stack without Velero.
    if (velero === undefined) return schedules.flatMap(scheduleViolations);
    const named = schedules.map(nameOf);
    const missing = required.filter((name) => !named.includes(name) && !named.includes(unknownValue));
    return [
      ...(missing.length === 0
        ? []
        : [{ resource: velero, field: "schedules", message: `do not include ${missing.join(", ")}` }]),
      ...schedules.flatMap(scheduleViolations),
    ];
  },
};

function scheduleViolations(resource: PolicedResource): Violation[] {
  const violations: Violation[] = [];
  const at = (field: string, value: unknown, message: string) =>
    violations.push({ resource, field, ...(value === undefined ? {} : { value }), message });
  const cron: unknown = valueAt(resource.props, "spec", "schedule");
  const interval = typeof cron === "string" ? intervalOf(cron) : undefined;
  if (cron !== unknownValue && interval === undefined)
    at("spec.schedule", cron, "is not a valid cron expression, or never matches, so no backup is taken");
  if (valueAt(resource.props, "spec", "paused") === true) at("spec.paused", true, "suspends the backups");
  const ttl: unknown = valueAt(resource.props, "spec", "template", "ttl");
  const retention = minutesOf(ttl);
  if (ttl !== unknownValue && retention === undefined)
    at("spec.template.ttl", ttl, "is not a duration, so the retention of the backups is undefined");
  if (retention !== undefined && interval !== undefined && retention <= interval.longest)
    at(
      "spec.template.ttl",
      ttl,
      `is not longer than the interval, so a backup expires before the next one exists, after ${spellMinutes(interval.longest)}`,
    );
  const limit: unknown = valueAt(resource.props, "spec", "template", "itemOperationTimeout");
  // Velero's default is four hours.
  const longest = limit === undefined ? 240 : minutesOf(limit);
  if (longest !== undefined && interval !== undefined && interval.shortest <= longest)
    at(
      "spec.template.itemOperationTimeout",
      limit,
      `allows a backup to run for ${spellMinutes(longest)}, and the next one starts after ${spellMinutes(interval.shortest)}`,
    );
  return violations;
}

/** The minutes of a duration in Go's format. */
function minutesOf(duration: unknown): number | undefined {
  if (typeof duration !== "string") return undefined;
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration);
  if (parts === null || duration === "") return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 60 + (minutes ?? 0) + (seconds ?? 0) / 60;
}
