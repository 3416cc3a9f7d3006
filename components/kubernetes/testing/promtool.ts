import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { lessonPage } from "../../../catalog/lessons.ts";
import { attempt } from "../../../guest/testing/run.ts";
import type { Alert } from "../../monitoring.ts";
import { alertsSpec } from "../alerts.ts";

/** A state of the world, and who has to be told of it. */
export interface AlertCase {
  readonly what: string;
  /** Series, with a value a step in promtool's notation: `{ 'up{job="node"}': "1x5 0x60" }`. */
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at, in minutes. */
  readonly at: number;
  /** Every alert that fires then, with what it says; the others must not. Severity, runbook and lesson are the alert's own. */
  readonly fires: readonly {
    readonly alert: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly summary: string;
  }[];
}

/**
 * What promtool says of some alerts: of their rules, and of each case. Empty where all is well. An alert that fires in no
 * case was not tested, and neither was one that always fires. A step is a minute; what takes days is told in longer ones.
 */
export async function alertProblems(
  alerts: readonly Alert[],
  cases: readonly AlertCase[],
  stepMinutes = 1,
): Promise<string> {
  const untried = alerts.flatMap(({ name }) => {
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
        tests: cases.map(asTest(alerts, stepMinutes)),
      }),
    );
    const said: string[] = [];
    for (const args of [
      ["check", "rules", rules],
      ["test", "rules", tests],
    ]) {
      const { status, stdout, stderr } = await attempt("promtool", args, { seconds: 60 });
      if (status !== 0) said.push(`promtool ${args.slice(0, 2).join(" ")}: ${stdout}${stderr}`);
    }
    return [...untried, ...said].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A case as promtool takes it: each alert is asked for by name, so that those which must not fire are asked for too. */
function asTest(alerts: readonly Alert[], stepMinutes: number) {
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
