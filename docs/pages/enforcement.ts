import { type LessonId, lessons } from "../../catalog/lessons.ts";
import type { Enforcement, EnforcementKind } from "../../components/feature.ts";
import { features } from "../../components/features.ts";

/** The ways to enforce a lesson, apart from policies, with what each of them does. */
export const enforcementKinds = {
  config: "rejects the stack file, before any resource is registered",
  guard: "compares old and new inputs and rejects a change, at preview and at `up`",
  gate: "inspects the machine or the cluster during `up`, or runs in a job of the cluster, and stops what depends on it",
  script: "refuses on the node; a person runs it, and a runbook says when",
  alert: "a Prometheus rule with a severity and a runbook",
  check: "runs when the owner or a schedule starts it, and reports",
  test: "fails in `npm test`",
  document: "is generated from the stack file",
} as const satisfies Readonly<Record<EnforcementKind, string>>;

/** Places that belong to no feature: the reading of the configuration, and the recovery kit. */
const ofProgram: Enforcement = {
  C5: [
    ["config", "config/source.ts"],
    ["config", "config/read.ts"],
  ],
  S12: [["config", "config/rules/teardown.ts"]],
  B5: [
    ["check", "recovery/check.ts"],
    ["check", "recovery/stateChecks.ts"],
    ["check", "recovery/keys.ts"],
  ],
};

/** Where a lesson is enforced besides the policies: how, and the file that does it. */
export const enforcement: Enforcement = Object.fromEntries(
  (Object.keys(lessons) as LessonId[]).flatMap((id) => {
    const places = [...features.map(({ enforces }) => enforces), ofProgram].flatMap((each) => each[id] ?? []);
    return places.length === 0 ? [] : [[id, places.toSorted(([one], [other]) => rank(one) - rank(other))]];
  }),
);

function rank(kind: EnforcementKind): number {
  return Object.keys(enforcementKinds).indexOf(kind);
}
