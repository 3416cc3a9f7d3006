import { releaseName } from "../identity/proxies.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { chartOf, isOn, releaseNamespace, releaseValue } from "../queries/releases.ts";
import { isRelease } from "../queries/workloads.ts";

/** Charts of which one namespace may hold many releases, and why these do not fight. */
const manifold: ReadonlyMap<string, string> = new Map([
  ["oauth2-proxy", "one stands before each service, and they share neither objects nor sessions"],
]);

/** Charts that bring definitions to the whole cluster, by the group of these: two would overwrite each other's. */
const definitions: ReadonlyMap<string, string> = new Map([
  ["cert-manager", "cert-manager.io"],
  ["cilium", "cilium.io"],
  ["cloudnative-pg", "postgresql.cnpg.io"],
  ["kube-prometheus-stack", "monitoring.coreos.com"],
  ["prometheus-operator-crds", "monitoring.coreos.com"],
  ["longhorn", "longhorn.io"],
  ["longhorn-crd", "longhorn.io"],
  ["traefik", "traefik.io"],
  ["traefik-crds", "traefik.io"],
  ["velero", "velero.io"],
]);

export const oneRelease: LessonPolicy = {
  key: "oneRelease",
  lesson: "P2",
  description: "a release is defined once, and no chart stands twice where the two would fight",
  severity: "critical",
  remediationSteps: "keep one of the two definitions, with the values of both",
  validateStack: (resources) => {
    const releases = resources.filter(isRelease);
    return releases.flatMap((release, index) => {
      const violations = releases.slice(0, index).flatMap((other) => rivalry(release, other) ?? []);
      // One is enough to act on, and the first is the one that was there.
      return violations.slice(0, 1);
    });
  },
};

/** Why a release cannot stand beside an earlier one. What is not known yet is no reason. */
function rivalry(release: PolicedResource, other: PolicedResource): Violation | undefined {
  const violation = (field: string, value: unknown, message: string): Violation => ({
    resource: release,
    field,
    value,
    message: `${message} (${other.name})`,
  });
  const namespace = releaseNamespace(release);
  const beside = namespace !== unknownValue && namespace === releaseNamespace(other);
  const name = releaseName(release);
  if (beside && name !== unknownValue && name === releaseName(other))
    return violation(
      "name",
      name,
      `is the name of two releases in namespace ${namespace}: they overwrite each other`,
    );

  const [chart, otherChart] = [chartOf(release), chartOf(other)];
  if (chart === undefined || otherChart === undefined) return undefined;
  const twice = chart === otherChart;
  if (twice && beside && !manifold.has(chart))
    return violation(
      "chart",
      chart,
      `is released twice in namespace ${namespace}: the two fight over what they share`,
    );
  const group = definitions.get(chart);
  if (group === undefined || group !== definitions.get(otherChart)) return undefined;
  // The same operator twice fights over its objects, too; another chart of the group may leave the definitions out.
  return twice || (brings(release) && brings(other))
    ? violation(
        "chart",
        chart,
        `brings the definitions of ${group}, which another release brings to the whole cluster`,
      )
    : undefined;
}

/** Whether a release installs its chart's definitions; not where that is unknown yet. */
function brings(release: PolicedResource): boolean {
  const given = [["crds", "enabled"], ["crds", "create"], ["installCRDs"]].map((path): unknown =>
    releaseValue(release, ...path),
  );
  const skipped: unknown = valueAt(release.props, "skipCrds");
  return (
    skipped !== unknownValue && !isOn(skipped) && given.every((value) => value === undefined || isOn(value))
  );
}
