import { features } from "../../components/features.ts";
import type { Lab } from "../../config/lab.ts";

/** The reference page of every alert that the program defines, with its runbook. */
export function alertsPage(lab: Lab): string {
  const groups = features.flatMap(({ alerts }) => alerts(lab));
  const rows = groups.flatMap(({ name, alerts }) =>
    alerts.map(({ name: alert, severity, minutes, expression, runbook, lesson }) => {
      const shown = expression.replaceAll("|", "\\|");
      return `| ${name} | ${alert} | ${severity} | ${minutes} | [${runbook.split("/").at(-1)}](../${runbook}) | [${lesson}](../lessons/${lesson}.md) | \`${shown}\` |`;
    }),
  );
  return [
    "# Alerts",
    "",
    "The alerts that the program defines, in addition to those of kube-prometheus-stack. An alert fires when its expression has been",
    "true for the given number of minutes. A critical alert needs action on the same day.",
    "",
    "| group | alert | severity | minutes | runbook | lesson | expression |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
