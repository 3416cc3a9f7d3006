import type { charts } from "../catalog/charts.ts";
import type { LessonId } from "../catalog/lessons.ts";
import type { BackupPolicy } from "../config/backups.ts";
import type { Lab } from "../config/lab.ts";
import type { Duration, StepDuration } from "./duration.ts";
import type { Alert, ScrapeTarget } from "./monitoring.ts";
import type { ReadinessModel, StepModel } from "./simulation.ts";

/** Alerts of one topic. */
export interface AlertGroup {
  readonly name: string;
  /** The namespace of the PrometheusRule; undefined where the feature's own component creates the rule. */
  readonly namespace?: string;
  readonly alerts: readonly Alert[];
}

/** A guest script that a feature runs on a node. */
export interface FeatureStep {
  /** How long one run takes in the timeline, by default; {@link Feature.durations} overrides it for single resources. */
  readonly duration: StepDuration;
  /** What the script does to the simulated lab, and what it rejects there. */
  readonly simulate: StepModel;
}

/**
 * Everything that the rest of the program needs to know of one part of the lab. Each folder of components/ describes
 * itself in one of these, and `components/features.ts` lists them. Every field is required, so that a feature that
 * leaves one out does not compile: a feature without alerts says so by an empty list.
 */
export interface Feature {
  /** The folder under components/. */
  readonly name: string;
  /** Keys of the charts that it installs, from catalog/charts.ts. */
  readonly charts: readonly (keyof typeof charts)[];
  /** API groups that it defines in the cluster, each with the chart or the guest script that brings the definitions. */
  readonly definitions: Readonly<Record<string, string>>;
  /** What it stores and how that is backed up: lines of the backup table. */
  readonly backupPolicies: (lab: Lab) => readonly BackupPolicy[];
  /** Its alerts, as the alert reference lists them. */
  readonly alerts: (lab: Lab) => readonly AlertGroup[];
  /** Pods that Prometheus scrapes; those that its own component registers are not repeated here. */
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Guest scripts that it runs, by file name. */
  readonly steps: Readonly<Record<string, FeatureStep>>;
  /** Durations of its other resources. The first that applies counts. */
  readonly durations: readonly Duration[];
  /** When its kinds of objects become ready, by kind, as the simulator's API decides it. */
  readonly readiness: Readonly<Record<string, ReadinessModel>>;
  /** Where it enforces a lesson, other than by a policy of policy/. */
  readonly enforces: Enforcement;
}

/** How a lesson is enforced; docs/pages/enforcement.ts says what each of them does. */
export type EnforcementKind =
  | "config"
  | "guard"
  | "gate"
  | "script"
  | "alert"
  | "check"
  | "test"
  | "document";

/** For each lesson the places that enforce it, each with the file. */
export type Enforcement = Readonly<
  Partial<Record<LessonId, readonly (readonly [kind: EnforcementKind, file: string])[]>>
>;
