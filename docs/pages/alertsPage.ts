import { features } from "../../components/features.ts";
import type { Lab } from "../../config/lab.ts";

/** Every alert of the program, with what to do. */
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
    "What the program's own alerts look at, beside those that come with kube-prometheus-stack. Each fires when what it looks at has",
    "been wrong for so many minutes; critical is what cannot wait until tomorrow.",
    "",
    "| about | alert | severity | minutes | what to do | lesson | looks at |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
