import { barmanPlugin } from "../../components/postgres/naming.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";

/** PostgreSQL needs its own backup. A copy of its files while it writes is inconsistent. */
export const databaseBackups: LessonPolicy = {
  key: "databaseBackups",
  lesson: "D3",
  description:
    "every PostgreSQL cluster archives its WAL to an object store, and has a schedule of base backups",
  severity: "critical",
  remediationSteps: "create the cluster with PostgresCluster (components/postgres), which configures both",
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
        message: `has no ${barmanPlugin} with isWALArchiver: true, so data written since the last base backup is in no backup`,
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
          message: `is not an ObjectStore in namespace ${String(namespaceOf(cluster))}`,
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
          "is a cluster without a ScheduledBackup in its namespace; the WAL cannot be restored without a base backup",
      },
    ];
  return schedules.flatMap((schedule): Violation[] => {
    const at = (field: string, value: unknown, message: string) => [
      { resource: schedule, field: `spec.${field}`, value, message },
    ];
    const suspended: unknown = valueAt(schedule.props, "spec", "suspend");
    if (suspended === true) return at("suspend", suspended, "suspends the backups");
    const method: unknown = valueAt(schedule.props, "spec", "method");
    if (!maybe(method, "plugin"))
      return at(
        "method",
        method,
        "is not plugin; other methods store the backup in the cluster, or are deprecated",
      );
    const cron: unknown = valueAt(schedule.props, "spec", "schedule");
    return typeof cron === "string" && !/^@/.test(cron) && cron.trim().split(/\s+/).length !== 6
      ? at(
          "schedule",
          cron,
          "does not have six fields; the first field of CloudNativePG's schedules is the seconds",
        )
      : [];
  });
}
