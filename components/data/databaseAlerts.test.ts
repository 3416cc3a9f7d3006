import { expect, test } from "vitest";
import { backupAlert } from "./databaseAlerts.ts";
import { databaseBackups } from "./databaseBackups.ts";

test("fires for each database after two missed backups, and where none was ever made (D3)", () => {
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
