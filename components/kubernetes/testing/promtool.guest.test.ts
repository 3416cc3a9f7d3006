import { expect, test } from "vitest";
import type { Alert } from "../../monitoring.ts";
import { type AlertCase, alertProblems } from "./promtool.ts";

const alert: Alert = {
  name: "Down",
  expression: "up == 0",
  minutes: 5,
  severity: "critical",
  lesson: "O1",
  summary: "{{ $labels.job }} is down",
  runbook: "runbooks/lost-worker.md",
};
const cases: readonly AlertCase[] = [
  {
    what: "a job stops",
    series: { 'up{job="wiki"}': "1x5 0x20" },
    at: 15,
    fires: [{ alert: "Down", labels: { job: "wiki" }, summary: "wiki is down" }],
  },
  { what: "a job runs", series: { 'up{job="wiki"}': "1x25" }, at: 15, fires: [] },
];
const [stops, runs] = cases as [AlertCase, AlertCase];

test("reports nothing for correct alerts", async () => expect(await alertProblems([alert], cases)).toBe(""));

test.each<[string, Alert, readonly AlertCase[], RegExp]>([
  ["invalid PromQL", { ...alert, expression: "up ==" }, cases, /promtool check rules: [\s\S]*parse error/],
  ["an alert that does not fire", { ...alert, expression: "down == 1" }, cases, /a job stops[\s\S]*got:\[\]/],
  [
    "an alert that fires too soon",
    { ...alert, minutes: 0 },
    [{ ...stops, at: 7, fires: [] }, stops],
    /exp:\[\]/,
  ],
  ["an unexpected alert", alert, [stops, { ...stops, what: "again", fires: [] }], /again[\s\S]*exp:\[\]/],
  ["another summary than expected", { ...alert, summary: "down" }, cases, /wiki is down/],
  [
    "another severity than expected",
    alert,
    [
      { ...stops, fires: [{ alert: "Down", summary: "wiki is down", labels: { severity: "warning" } }] },
      runs,
    ],
    /severity="warning"/,
  ],
  ["an alert that no case fires", { ...alert, name: "Lost" }, [runs], /Lost fires in no case/],
  ["an alert that every case fires", alert, [stops], /Down fires in every case/],
])("reports %s", async (_, changed, tried, words) =>
  expect(await alertProblems([changed], tried)).toMatch(words),
);
