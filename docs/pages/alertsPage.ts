import { backupAlerts } from "../../components/backup/backupAlerts.ts";
import { backupAlert } from "../../components/data/alerts.ts";
import { databaseBackups } from "../../components/data/databaseBackups.ts";
import { alertGroups } from "../../components/observability/watched.ts";
import { postgresAlerts } from "../../components/postgres/alerts.ts";
import type { Lab } from "../../config/lab.ts";

/** Every alert of the program, with what to do. */
export function alertsPage(lab: Lab): string {
  const groups = [
    ...alertGroups,
    { name: "backups", alerts: backupAlerts(lab) },
    { name: "each PostgreSQL", alerts: postgresAlerts("CLUSTER", "NAMESPACE", 2) },
    { name: "databases that are dumped", alerts: Object.values(databaseBackups).map(backupAlert) },
  ];
  const rows = groups.flatMap(({ name, alerts }) =>
    alerts.map(({ name: alert, severity, minutes, expression, runbook }) => {
      const shown = expression.replaceAll("|", "\\|");
      return `| ${name} | ${alert} | ${severity} | ${minutes} | [${runbook.split("/").at(-1)}](../${runbook}) | \`${shown}\` |`;
    }),
  );
  return [
    "# Alerts",
    "",
    "What the program's own alerts look at, beside those that come with kube-prometheus-stack. Each fires when what it looks at has",
    "been wrong for so many minutes; critical is what cannot wait until tomorrow.",
    "",
    "| about | alert | severity | minutes | what to do | looks at |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
