import semver from "semver";
import { charts, type longhornVersions } from "../catalog/charts.ts";

/** A range of Kubernetes minors: `from` and `to` are 34 for v1.34, both included; without `to` there is no upper limit. */
export interface SupportedMinors {
  /** Name of the part in messages. */
  readonly name: string;
  readonly from: number;
  readonly to?: number;
  readonly source: string;
  /** The field or file that selects the release of the part. */
  readonly raise: string;
}

const longhorn = (version: (typeof longhornVersions)[number], from: number): SupportedMinors => ({
  name: `Longhorn ${version}`,
  from,
  source: `https://github.com/longhorn/longhorn/blob/master/CHANGELOG/CHANGELOG-${version}.md`,
  raise: "lab:storage.longhornVersion",
});

/**
 * The Kubernetes minors that the pinned parts support, by chart and version. Only minors that the publisher calls
 * supported count, and not "tested, but not supported" (CloudNativePG: 1.30 to 1.33) or "depends on the backward
 * compatibility of Kubernetes" (Cilium, for minors newer than its list). Velero has a lower limit of 1.18 and no upper one.
 */
export const supportedMinors: Readonly<Record<string, SupportedMinors>> = {
  // From the requirements page of the documentation for v1.20.0.
  "cilium 1.20.0": {
    name: "Cilium 1.20.0",
    from: 33,
    to: 36,
    source: "https://docs.cilium.io/en/v1.20/network/kubernetes/requirements/",
    raise: "charts.cilium in catalog/charts.ts",
  },
  "longhorn 1.10.2": longhorn("1.10.2", 25),
  // Its CSI external-provisioner 6.3.0 requires 1.34, while the chart's kubeVersion is 1.25.
  "longhorn 1.11.3": longhorn("1.11.3", 34),
  "longhorn 1.12.1": longhorn("1.12.1", 25),
  // Chart 0.29.0 installs the operator 1.30.0: supported_releases.md of the documentation for v1.30.0.
  "cloudnative-pg 0.29.0": {
    name: "CloudNativePG 1.30.0",
    from: 34,
    to: 36,
    source: "https://cloudnative-pg.io/docs/1.30/supported_releases",
    raise: "charts.cloudNativePg in catalog/charts.ts",
  },
  "cert-manager v1.21.1": {
    name: "cert-manager 1.21",
    from: 33,
    to: 36,
    source: "https://cert-manager.io/docs/releases/",
    raise: "charts.certManager in catalog/charts.ts",
  },
};

/** The parts of a lab that depend on the Kubernetes minor, with the minors that they support. */
export function partsOf(longhornVersion: (typeof longhornVersions)[number]): SupportedMinors[] {
  const pinned = [
    charts.cilium,
    { ...charts.longhorn, version: longhornVersion },
    charts.cloudNativePg,
    charts.certManager,
  ];
  return pinned.map(({ chart, version }) => {
    const supported = supportedMinors[`${chart} ${version}`];
    if (supported === undefined)
      throw new Error(`config/kubernetesVersions.ts has no entry for ${chart} ${version}`);
    return supported;
  });
}

/** Releases of one minor with a fault: those below `fixedIn`, from `since` or the first release of the minor. */
export interface KnownFault {
  readonly minor: number;
  readonly since?: string;
  readonly fixedIn: string;
  readonly fault: string;
  readonly source: string;
}

const startsOwnCluster = {
  fault:
    "a first server that was removed from etcd starts a cluster of its own with the old data, or its etcd panics",
  source: "https://github.com/k3s-io/k3s/issues/13623",
};
const burnsProcessor = {
  fault: "an etcd server uses more than one core permanently after its first restart",
  source: "https://github.com/k3s-io/k3s/issues/13574",
};

/**
 * Releases of K3s with a fault that affects the lab. k3s-io/k3s#14526 is not among them (a compressed etcd snapshot cannot
 * be restored; reported for v1.35.5 and v1.36.3, not for v1.35.2, fixed by #14528): restore-etcd.sh decompresses the
 * snapshot first, so no release is rejected for it.
 */
export const knownFaults: readonly KnownFault[] = [
  // PR 13631 and PR 13630: drain-node.sh with LEAVE=yes removes servers from etcd, the first one too.
  { minor: 34, fixedIn: "v1.34.4+k3s1", ...startsOwnCluster },
  { minor: 35, fixedIn: "v1.35.1+k3s1", ...startsOwnCluster },
  // PR 13571 and PR 13570: only the releases of February 2026. configure-k3s.sh restarts a server when its settings change.
  { minor: 34, since: "v1.34.3+k3s3", fixedIn: "v1.34.4+k3s1", ...burnsProcessor },
  { minor: 35, since: "v1.35.0+k3s3", fixedIn: "v1.35.1+k3s1", ...burnsProcessor },
];

/** An upgrade to a minor that must start from release `least` of the previous minor, or a later one. */
export interface KnownStep {
  readonly into: number;
  readonly least: string;
  readonly reason: string;
  readonly source: string;
}

/** Upgrades between two minors in which K3s also moves to another minor of etcd. */
export const knownSteps: readonly KnownStep[] = [
  // etcd 3.5 to 3.6, safe from 3.5.26 only: k3s-io/k3s#13493. v1.33.8 is the first ordinary release after it.
  {
    into: 34,
    least: "v1.33.8+k3s1",
    reason: "etcd goes from 3.5 to 3.6, which restores removed members unless etcd 3.5.26 ran before",
    source: "https://github.com/k3s-io/k3s/issues/13485",
  },
  // etcd 3.6 to 3.7. v1.36.0 and v1.36.1 have etcd 3.6.7, v1.36.2 has 3.6.12.
  {
    into: 37,
    least: "v1.36.2+k3s1",
    reason: "etcd goes from 3.6 to 3.7, which supports no rolling upgrade of members below 3.6.11",
    source: "https://etcd.io/docs/v3.7/upgrades/upgrade_3_7/",
  },
];

/** The numbers of a K3s release. */
export interface K3sVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** The number of the K3s release for one Kubernetes release: 1 of `+k3s1`. Semver ignores it. */
  readonly revision: number;
}

/** @throws Error for a text that is not a version */
export function parseK3sVersion(text: string): K3sVersion {
  const parsed = semver.parse(text);
  if (parsed === null) throw new Error(`${text} is not a version`);
  const revision = Number(/^k3s(\d+)$/.exec(parsed.build.join("."))?.[1] ?? 0);
  return { major: parsed.major, minor: parsed.minor, patch: parsed.patch, revision };
}

/** Negative if `one` is older than `other`, 0 for the same release. */
export function compareK3s(one: K3sVersion, other: K3sVersion): number {
  return (
    one.major - other.major ||
    one.minor - other.minor ||
    one.patch - other.patch ||
    one.revision - other.revision
  );
}

const isBefore = (release: K3sVersion, version: string) => compareK3s(release, parseK3sVersion(version)) < 0;

/** The fault of a version, and how to fix it. */
export interface VersionFault {
  readonly message: string;
  readonly fix: string;
}

/** Why a lab with these parts cannot run this release: a part does not support its minor, or it has a known fault. */
export function versionFaults(
  version: string,
  parts: readonly SupportedMinors[],
  faults = knownFaults,
): VersionFault[] {
  const release = parseK3sVersion(version);
  const refusing = parts.filter(
    ({ from, to }) => release.minor < from || (to !== undefined && release.minor > to),
  );
  if (refusing.length > 0) return [unsupported(release, parts, refusing)];
  const found = faults
    .filter(
      ({ minor, since, fixedIn }) =>
        minor === release.minor &&
        isBefore(release, fixedIn) &&
        (since === undefined || !isBefore(release, since)),
    )
    .toSorted((one, other) => compareK3s(parseK3sVersion(other.fixedIn), parseK3sVersion(one.fixedIn)));
  const [last] = found;
  if (last === undefined) return [];
  return [
    {
      message: `has a known fault: ${found.map(({ fault, source }) => `${fault} (${source})`).join("; ")}`,
      fix: `write ${last.fixedIn} or a later release, and its checksum`,
    },
  ];
}

function unsupported(
  { minor }: K3sVersion,
  parts: readonly SupportedMinors[],
  refusing: readonly SupportedMinors[],
): VersionFault {
  const lowest = Math.max(...parts.map(({ from }) => from));
  const highest = Math.min(...parts.map(({ to }) => to ?? Number.POSITIVE_INFINITY));
  const range = ({ from, to }: SupportedMinors) =>
    to === undefined ? `needs 1.${from} or later` : `supports 1.${from} to 1.${to}`;
  const reach =
    highest === Number.POSITIVE_INFINITY ? " or later" : highest > lowest ? ` to v1.${highest}` : "";
  const inside = lowest <= highest ? `write a release of v1.${lowest}${reach}, or choose` : "choose";
  return {
    message: `is Kubernetes 1.${minor}, which pinned parts do not support: ${refusing.map((part) => `${part.name} ${range(part)} (${part.source})`).join("; ")}`,
    fix: `${inside} releases of these parts that support 1.${minor} (${refusing.map(({ raise }) => raise).join(" and ")})`,
  };
}

/** Why a running cluster cannot be upgraded from one release to another; undefined if it can. */
export function stepFault(old: string, now: string, steps = knownSteps): VersionFault | undefined {
  const from = parseK3sVersion(old);
  const to = parseK3sVersion(now);
  const step = steps.find(
    ({ into, least }) => from.minor < into && to.minor >= into && isBefore(from, least),
  );
  return step === undefined
    ? undefined
    : {
        message: `goes from ${old} to ${now}, in which ${step.reason} (${step.source})`,
        fix: `go to ${step.least} or a later release of that minor first, and wait until every server runs it`,
      };
}
