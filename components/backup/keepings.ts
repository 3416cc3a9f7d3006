import type { Keeping } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import { schedulesOf } from "../../config/rules/backup.ts";
import { dataKeepings } from "../data/kept.ts";
import { etcdSnapshots } from "../k3s/config.ts";
import { postgresKeepings } from "../postgres/keepings.ts";
import { longhornNamespace } from "../storage/longhornValues.ts";
import { recurringJobs } from "../storage/recurringJobs.ts";
import { veleroNamespace } from "./locations.ts";

/** Everything that cannot be made again, and how it is kept. Whatever keeps something adds a function here. */
export function keepings(lab: Lab): Keeping[] {
  return [
    ...etcdKeepings(),
    ...longhornKeepings(),
    ...veleroKeepings(lab),
    ...postgresKeepings(lab),
    ...dataKeepings(lab),
  ];
}

function etcdKeepings(): Keeping[] {
  return [
    {
      what: "the cluster's own state (etcd)",
      namespace: "kube-system",
      system: "etcd",
      schedule: etcdSnapshots.cron,
      keepDays: etcdSnapshots.keepDays,
      lossHours: etcdSnapshots.everyHours,
      // A rebuild makes every object anew from Git.
      restore: "only where a quorum is lost: `k3s server --cluster-reset`, with the token",
    },
  ];
}

/** Backups of every volume, by Longhorn itself: block by block, and so the quickest way back for one volume. */
function longhornKeepings(): Keeping[] {
  const days = { daily: 1, weekly: 7 } as const;
  return recurringJobs.flatMap(({ name, task, cron, retain }): Keeping[] =>
    task === "backup"
      ? [
          {
            what: `every Longhorn volume, ${name}`,
            namespace: longhornNamespace,
            system: "longhorn",
            schedule: cron,
            keepDays: retain * days[name],
            lossHours: 24 * days[name],
            restore: "one volume in Longhorn's UI (Backup, Restore), then runbooks/released-volume.md",
          },
        ]
      : [],
  );
}

const contents = {
  hourly: "the namespaces of lab:backup.schedules.hourly, with their claims",
  daily: "every namespace that may hold data, with its claims",
  weekly: "everything, with what belongs to no namespace",
} as const;

function veleroKeepings(lab: Lab): Keeping[] {
  const hours = { hourly: 1, daily: 24, weekly: 168 } as const;
  return schedulesOf(lab.config.backup).map(({ name, cron, keepMinutes, limitMinutes }) => ({
    what: contents[name],
    namespace: veleroNamespace,
    system: "velero",
    schedule: cron,
    keepDays: Math.floor(keepMinutes / 1440),
    // What the last one has, and the time that the next one needs.
    lossHours: hours[name] + Math.ceil(limitMinutes / 60),
    restore: "lab:restore, in a rebuild; one namespace by hand: runbooks/backup-failed.md",
  }));
}
