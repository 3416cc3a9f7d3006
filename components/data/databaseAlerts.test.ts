import { expect, test } from "vitest";
import { backupAlert } from "./databaseAlerts.ts";
import { databaseBackups } from "./databaseBackups.ts";

test("a backup that is missed twice is an alert, for each database, and one that never was made too (D3)", () => {
  const alerts = Object.values(databaseBackups).map(backupAlert);
  expect(alerts.map(({ name }) => name)).toEqual([
    "ElasticsearchBackupStale",
    "MongodbBackupStale",
    "Neo4jBackupStale",
  ]);
  expect(alerts[1]?.expression).toBe(
    'time() - (kube_cronjob_status_last_successful_time{namespace="cortex-itil", cronjob="mongodb-dump"} or kube_cronjob_created{namespace="cortex-itil", cronjob="mongodb-dump"}) > 46800',
  );
});
