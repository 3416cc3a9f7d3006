import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { lessonPage } from "../../../catalog/lessons.ts";
import { attempt } from "../../../guest/testing/run.ts";
import type { Alert } from "../../monitoring.ts";
import { alertsSpec } from "../alerts.ts";

/** Time series, and the alerts that must fire for them. */
export interface AlertCase {
  readonly what: string;
  /** Series, with a value a step in promtool's notation: `{ 'up{job="node"}': "1x5 0x60" }`. */
  readonly series: Readonly<Record<string, string>>;
  /** Evaluation time, in minutes. */
  readonly at: number;
  /** Every alert that fires then, with its summary. No other alert may fire. Severity, runbook and lesson come from the alert. */
  readonly fires: readonly {
    readonly alert: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly summary: string;
  }[];
}

/**
 * Runs promtool on the rules of some alerts and on each case, and returns its errors; empty where all pass. An alert that
 * fires in no case or in every case is an error too: the cases do not test it. The default step is one minute; an alert
 * about days needs a longer one.
 */
export async function alertProblems(
  alerts: readonly Alert[],
  cases: readonly AlertCase[],
  stepMinutes = 1,
): Promise<string> {
  const untested = alerts.flatMap(({ name }) => {
    const firing = cases.filter(({ fires }) => fires.some(({ alert }) => alert === name)).length;
    return firing === 0
      ? [`${name} fires in no case`]
      : firing === cases.length
        ? [`${name} fires in every case`]
        : [];
  });
  const folder = mkdtempSync(join(tmpdir(), "alerts-"));
  try {
    const [rules, tests] = [join(folder, "rules.yaml"), join(folder, "tests.yaml")];
    writeFileSync(rules, stringify(alertsSpec("tested", alerts)));
    writeFileSync(
      tests,
      stringify({
        rule_files: [rules],
        evaluation_interval: `${stepMinutes}m`,
        tests: cases.map(promtoolTest(alerts, stepMinutes)),
      }),
    );
    const failures: string[] = [];
    for (const args of [
      ["check", "rules", rules],
      ["test", "rules", tests],
    ]) {
      const { status, stdout, stderr } = await attempt("promtool", args, { seconds: 60 });
      if (status !== 0) failures.push(`promtool ${args.slice(0, 2).join(" ")}: ${stdout}${stderr}`);
    }
    return [...untested, ...failures].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A case in the format of promtool. It lists every alert by name, so that promtool also checks the ones that must not fire. */
function promtoolTest(alerts: readonly Alert[], stepMinutes: number) {
  return ({ what, series, at, fires }: AlertCase) => ({
    name: what,
    interval: `${stepMinutes}m`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: alerts.map(({ name, severity, lesson, runbook }) => ({
      eval_time: `${at}m`,
      alertname: name,
      exp_alerts: fires
        .filter(({ alert }) => alert === name)
        .map(({ labels, summary }) => ({
          exp_labels: { severity, ...labels },
          exp_annotations: { summary, runbook: `docs/${runbook}`, lesson: lessonPage(lesson) },
        })),
    })),
  });
}
