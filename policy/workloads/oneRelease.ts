import { releaseName } from "../identity/proxies.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { chartOf, isOn, releaseNamespace, releaseValue } from "../queries/releases.ts";
import { isRelease } from "../queries/workloads.ts";

/** Charts with several releases in one namespace: each service has its own OAuth2-Proxy, and they share no objects. */
const multipleReleases = new Set(["oauth2-proxy"]);

/** Charts that install CRDs, by API group. Two of them would overwrite each other's CRDs. */
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
  description: "a release is defined once, and no chart has two conflicting releases",
  severity: "critical",
  remediationSteps: "remove one of the two releases, and merge its values into the other",
  validateStack: (resources) => {
    const releases = resources.filter(isRelease);
    return releases.flatMap((release, index) => {
      const violations = releases.slice(0, index).flatMap((other) => conflict(release, other) ?? []);
      // One violation for each release, with the first release that it conflicts with.
      return violations.slice(0, 1);
    });
  },
};

/** The conflict of a release with an earlier one. None where the relevant values are unknown. */
function conflict(release: PolicedResource, other: PolicedResource): Violation | undefined {
  const violation = (field: string, value: unknown, message: string): Violation => ({
    resource: release,
    field,
    value,
    message: `${message}; the other release is ${other.name}`,
  });
  const namespace = releaseNamespace(release);
  const sameNamespace = namespace !== unknownValue && namespace === releaseNamespace(other);
  const name = releaseName(release);
  if (sameNamespace && name !== unknownValue && name === releaseName(other))
    return violation(
      "name",
      name,
      `is the name of two releases in namespace ${namespace}, which overwrite each other`,
    );

  const [chart, otherChart] = [chartOf(release), chartOf(other)];
  if (chart === undefined || otherChart === undefined) return undefined;
  const twice = chart === otherChart;
  if (twice && sameNamespace && !multipleReleases.has(chart))
    return violation(
      "chart",
      chart,
      `has two releases in namespace ${namespace}, which overwrite each other's objects`,
    );
  const group = definitions.get(chart);
  if (group === undefined || group !== definitions.get(otherChart)) return undefined;
  // Two releases of one operator reconcile the same objects. Another chart of the group can omit the CRDs.
  return twice || (installsDefinitions(release) && installsDefinitions(other))
    ? violation("chart", chart, `installs the CRDs of ${group}, which another release installs as well`)
    : undefined;
}

/** Whether a release installs the CRDs of its chart. False where that is unknown. */
function installsDefinitions(release: PolicedResource): boolean {
  const given = [["crds", "enabled"], ["crds", "create"], ["installCRDs"]].map((path): unknown =>
    releaseValue(release, ...path),
  );
  const skipped: unknown = valueAt(release.props, "skipCrds");
  return (
    skipped !== unknownValue && !isOn(skipped) && given.every((value) => value === undefined || isOn(value))
  );
}
