import { type BackupStore, backupStore } from "../../config/backupStore.ts";
import { restorePoint } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";
import type { Alert } from "../monitoring.ts";
import type { Settings } from "../node/guestSettings.ts";
import { backupAlerts } from "./backupAlerts.ts";
import { type Location, locations } from "./locations.ts";
import { type BackupSchedule, backupSchedules } from "./schedules.ts";
import { restoreClaimsSettings, verifyBackupStoreSettings } from "./veleroSteps.ts";
import { nodeAgentConfig, veleroQuota, veleroValues } from "./veleroValues.ts";
import { volumePoliciesData } from "./volumePolicies.ts";

/** Velero's part of a lab, as its configuration describes it. */
export interface BackupPlan {
  /** The bucket that the backups are written to. */
  readonly store: BackupStore;
  /** Backup storage locations, the default first. */
  readonly locations: readonly Location[];
  readonly schedules: readonly BackupSchedule[];
  readonly alerts: readonly Alert[];
  /** Quota of Velero's namespace. */
  readonly quota: Quota;
  /** Values of the Velero chart. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Configuration of the node agents. */
  readonly nodeAgentConfig: Readonly<Record<string, unknown>>;
  /** Data of the ConfigMap with the volume policies. */
  readonly volumePolicies: Readonly<Record<string, string>>;
  /** Settings of verify-backup-store.sh. */
  readonly verifyStore: Settings;
  /** Settings of restore-claims.sh for a namespace; undefined where `lab:restore` does not restore it. */
  readonly restoreClaims: (namespace: string) => Settings | undefined;
  /** Schedules of the restore drill; see {@link DrillSchedules}. */
  readonly drill: DrillSchedules;
  /** Whether the engine refuses to delete the repository password and the drill's claim (S12). */
  readonly protect: boolean;
}

/** Schedules of the restore drill: five fields of cron, in UTC. */
export interface DrillSchedules {
  /** When the newest backup is restored and compared (B2). */
  readonly drill: string;
  /** When the marker is written: half an hour before the daily backup, so that each backup has its own content. */
  readonly marker: string;
}

export function backupPlan(lab: Lab): BackupPlan {
  const { drill, schedules } = lab.config.backup;
  return {
    store: backupStore(lab),
    locations: locations(lab),
    schedules: backupSchedules(lab),
    alerts: backupAlerts(lab),
    quota: veleroQuota(lab),
    values: veleroValues(lab),
    nodeAgentConfig: nodeAgentConfig(lab),
    volumePolicies: volumePoliciesData(lab),
    verifyStore: verifyBackupStoreSettings(lab),
    restoreClaims: (namespace) => {
      const point = restorePoint(lab, namespace);
      return point && restoreClaimsSettings(lab, namespace, point);
    },
    drill: { drill: drill.cron, marker: markerSchedule(schedules.daily.cron) },
    protect: lab.isProtected,
  };
}

/**
 * Thirty minutes before a schedule that names one minute and one hour; half past every hour before any other
 * schedule.
 */
export function markerSchedule(cron: string): string {
  const [minute = "", hour = "", ...days] = cron.split(" ");
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour))
    return `${(Number.parseInt(minute, 10) + 30) % 60 || 0} * * * *`;
  const moment = Number(hour) * 60 + Number(minute) - 30;
  // On the day before, which a schedule by weekdays would miss: then every day.
  const at = (moment + 1440) % 1440;
  return `${at % 60} ${Math.floor(at / 60)} ${moment < 0 ? "* * *" : days.join(" ")}`;
}
