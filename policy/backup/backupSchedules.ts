import { intervalOf, spellMinutes } from "../../config/cron.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { chartOf } from "../queries/releases.ts";

const wanted = ["hourly", "daily", "weekly"] as const;

/** A backup that is never taken is missed on the one day that it is wanted. */
export const backupSchedules: LessonPolicy = {
  key: "backupSchedules",
  lesson: "B1",
  description:
    "Velero backs up by the hour, the day and the week, runs none of them into the next, and keeps each until another is there",
  severity: "critical",
  remediationSteps:
    "leave schedules to lab:backup.schedules, which makes all three; a limit below their interval, a retention above it",
  validateStack: (resources) => {
    const velero = resources.find((resource) => chartOf(resource) === "velero");
    const schedules = objectsOf(resources, "velero.io", "Schedule");
    // Where there is no Velero, another policy's lesson is at stake.
    if (velero === undefined) return schedules.flatMap(wrong);
    const named = schedules.map(nameOf);
    const missing = wanted.filter((name) => !named.includes(name) && !named.includes(unknownValue));
    return [
      ...(missing.length === 0
        ? []
        : [{ resource: velero, field: "schedules", message: `has no schedule ${missing.join(", ")}` }]),
      ...schedules.flatMap(wrong),
    ];
  },
};

function wrong(resource: PolicedResource): Violation[] {
  const violations: Violation[] = [];
  const at = (field: string, value: unknown, message: string) =>
    violations.push({ resource, field, ...(value === undefined ? {} : { value }), message });
  const cron: unknown = valueAt(resource.props, "spec", "schedule");
  const interval = typeof cron === "string" ? intervalOf(cron) : undefined;
  if (cron !== unknownValue && interval === undefined)
    at("spec.schedule", cron, "is no time table, so that no backup is ever taken");
  if (valueAt(resource.props, "spec", "paused") === true) at("spec.paused", true, "takes no backup");
  const ttl: unknown = valueAt(resource.props, "spec", "template", "ttl");
  const retention = minutesOf(ttl);
  if (ttl !== unknownValue && retention === undefined)
    at("spec.template.ttl", ttl, "says not how long its backups are kept");
  if (retention !== undefined && interval !== undefined && retention <= interval.longest)
    at(
      "spec.template.ttl",
      ttl,
      `ends before the next backup is there, after ${spellMinutes(interval.longest)}`,
    );
  const limit: unknown = valueAt(resource.props, "spec", "template", "itemOperationTimeout");
  // Velero's own limit is four hours.
  const longest = limit === undefined ? 240 : minutesOf(limit);
  if (longest !== undefined && interval !== undefined && interval.shortest <= longest)
    at(
      "spec.template.itemOperationTimeout",
      limit,
      `lets a backup run ${spellMinutes(longest)}, and the next one comes after ${spellMinutes(interval.shortest)}`,
    );
  return violations;
}

/** Minutes of a duration in Go's spelling. */
function minutesOf(duration: unknown): number | undefined {
  if (typeof duration !== "string") return undefined;
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration);
  if (parts === null || duration === "") return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 60 + (minutes ?? 0) + (seconds ?? 0) / 60;
}
