import { barmanPlugin } from "../../components/postgres/naming.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";

/** A database is backed up by its own means: a copy of its files while it writes is none. */
export const databaseBackups: LessonPolicy = {
  key: "databaseBackups",
  lesson: "D3",
  description: "every PostgreSQL archives its log to an object store, and has a schedule of whole backups",
  severity: "critical",
  remediationSteps: "make it with PostgresCluster (components/postgres), which does both",
  validateStack: (resources) =>
    objectsOf(resources, "postgresql.cnpg.io", "Cluster").flatMap((cluster) => [
      ...archiveViolations(cluster, resources),
      ...scheduleViolations(cluster, resources),
    ]),
};

function archiveViolations(cluster: PolicedResource, resources: readonly PolicedResource[]): Violation[] {
  const plugins = itemsAt(cluster.props, "spec", "plugins");
  if (valueAt(cluster.props, "spec", "plugins") === unknownValue) return [];
  const index = plugins.findIndex(
    (plugin) =>
      maybe(valueAt(plugin, "name"), barmanPlugin) &&
      maybe(valueAt(plugin, "isWALArchiver"), true) &&
      valueAt(plugin, "enabled") !== false,
  );
  if (index < 0)
    return [
      {
        resource: cluster,
        field: "spec.plugins",
        message: `has no ${barmanPlugin} with isWALArchiver: true, so that what it writes is in no backup before the next night`,
      },
    ];
  const store: unknown = valueAt(plugins[index], "parameters", "barmanObjectName");
  if (store === unknownValue) return [];
  const found = objectsOf(resources, "barmancloud.cnpg.io", "ObjectStore").some(
    (each) => maybe(nameOf(each), store) && maybe(namespaceOf(each), namespaceOf(cluster)),
  );
  return found
    ? []
    : [
        {
          resource: cluster,
          field: `spec.plugins[${index}].parameters.barmanObjectName`,
          value: store,
          message: `is no ObjectStore of the namespace ${String(namespaceOf(cluster))}`,
        },
      ];
}

function scheduleViolations(cluster: PolicedResource, resources: readonly PolicedResource[]): Violation[] {
  const schedules = objectsOf(resources, "postgresql.cnpg.io", "ScheduledBackup").filter(
    (each) =>
      maybe(valueAt(each.props, "spec", "cluster", "name"), nameOf(cluster)) &&
      maybe(namespaceOf(each), namespaceOf(cluster)),
  );
  if (schedules.length === 0)
    return [
      {
        resource: cluster,
        field: "metadata.name",
        value: nameOf(cluster),
        message:
          "is in no ScheduledBackup of its namespace, and a log without a whole backup brings nothing back",
      },
    ];
  return schedules.flatMap((schedule): Violation[] => {
    const at = (field: string, value: unknown, message: string) => [
      { resource: schedule, field: `spec.${field}`, value, message },
    ];
    const suspended: unknown = valueAt(schedule.props, "spec", "suspend");
    if (suspended === true) return at("suspend", suspended, "makes no backups");
    const method: unknown = valueAt(schedule.props, "spec", "method");
    if (!maybe(method, "plugin"))
      return at("method", method, "is not plugin: other methods do not leave the cluster, or are deprecated");
    const cron: unknown = valueAt(schedule.props, "spec", "schedule");
    return typeof cron === "string" && !/^@/.test(cron) && cron.trim().split(/\s+/).length !== 6
      ? at("schedule", cron, "has not six fields: CloudNativePG's cron begins with the seconds")
      : [];
  });
}
