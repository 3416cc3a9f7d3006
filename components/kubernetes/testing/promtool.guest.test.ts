import { expect, test } from "vitest";
import type { Alert } from "../../monitoring.ts";
import { type AlertCase, alertProblems } from "./promtool.ts";

const alert: Alert = {
  name: "Gone",
  expression: "up == 0",
  minutes: 5,
  severity: "critical",
  lesson: "O1",
  summary: "{{ $labels.job }} is gone",
  runbook: "runbooks/lost-worker.md",
};
const cases: readonly AlertCase[] = [
  {
    what: "it goes",
    series: { 'up{job="wiki"}': "1x5 0x20" },
    at: 15,
    fires: [{ alert: "Gone", labels: { job: "wiki" }, summary: "wiki is gone" }],
  },
  { what: "it stays", series: { 'up{job="wiki"}': "1x25" }, at: 15, fires: [] },
];
const [goes, stays] = cases as [AlertCase, AlertCase];

test("nothing is said of alerts that are right", async () =>
  expect(await alertProblems([alert], cases)).toBe(""));

test.each<[string, Alert, readonly AlertCase[], RegExp]>([
  [
    "PromQL that is none",
    { ...alert, expression: "up ==" },
    cases,
    /promtool check rules: [\s\S]*parse error/,
  ],
  ["an alert that stays silent", { ...alert, expression: "down == 1" }, cases, /it goes[\s\S]*got:\[\]/],
  [
    "an alert that fires too soon",
    { ...alert, minutes: 0 },
    [{ ...goes, at: 7, fires: [] }, goes],
    /exp:\[\]/,
  ],
  [
    "an alert that nobody expects",
    alert,
    [goes, { ...goes, what: "again", fires: [] }],
    /again[\s\S]*exp:\[\]/,
  ],
  ["words that are not what it says", { ...alert, summary: "gone" }, cases, /wiki is gone/],
  [
    "another severity than expected",
    alert,
    [
      { ...goes, fires: [{ alert: "Gone", summary: "wiki is gone", labels: { severity: "warning" } }] },
      stays,
    ],
    /severity="warning"/,
  ],
  ["an alert that no case fires", { ...alert, name: "Lost" }, [stays], /Lost fires in no case/],
  ["an alert that every case fires", alert, [goes], /Gone fires in every case/],
])("%s", async (_, changed, tried, words) => expect(await alertProblems([changed], tried)).toMatch(words));
