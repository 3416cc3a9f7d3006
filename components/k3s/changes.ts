import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";
import { compareK3s, parseK3sVersion, stepFault } from "../../config/kubernetesVersions.ts";

/** What a cluster is, once and for all, its version, and its nodes: the inputs that the change guard compares. */
export interface ClusterIdentity {
  /** Counts the clusters that this lab has had. */
  readonly revision: number;
  /** By name, the day on which each node was last ordered anew; empty for one that is as it was first made. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly version: string;
  readonly kubeletDirectory: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

const frozen: readonly {
  key: Exclude<keyof ClusterIdentity, "version" | "revision" | "nodes">;
  lesson: LessonId;
  because: string;
}[] = [
  {
    key: "kubeletDirectory",
    lesson: "K3",
    because: "every mounted volume lives under it; moving it once cost a day and all data",
  },
  {
    key: "podCidr",
    lesson: "N2",
    because: "every node's pod addresses are cut from it when the cluster is founded",
  },
  { key: "serviceCidr", lesson: "N2", because: "every service's address, the API's own too, is cut from it" },
];

/** Compares a cluster with what it was. Empty where the change is allowed. */
export function refusedChanges(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  // Nothing of the cluster before is left that a new one could contradict.
  if (now.revision > old.revision) return refusedNewCluster(old, now);
  const settings = frozen
    .filter(({ key }) => old[key] !== now[key])
    .map(({ key, lesson, because }) => ({
      path: `lab:cluster.${key}`,
      lesson,
      message: `changes from ${old[key]} to ${now[key]}, and ${because}`,
      fix: `write ${old[key]} again; another value needs a new cluster: docs/runbooks/rebuild.md`,
    }));
  return [...refusedReturn(old, now), ...refusedVersion(old.version, now.version), ...settings];
}

/**
 * The revision names the cluster that every object belongs to: with another one all of them are made anew. On nodes of
 * the cluster before, they would be made beside those that are there, which would then be deleted (S12).
 */
function refusedNewCluster(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  const left = Object.keys(now.nodes).filter((name) => now.nodes[name] === old.nodes[name]);
  if (left.length === 0) return [];
  return [
    {
      path: "lab:cluster.revision",
      lesson: "S12",
      message: `rises from ${old.revision} to ${now.revision}, which is a new cluster, and ${left.join(", ")} would stay in the one before`,
      fix: `order each of them anew with \`rebuild\`, or write ${old.revision} again: docs/runbooks/rebuild.md`,
    },
  ];
}

/** A revision that was left names a cluster that is no more (S12). */
function refusedReturn(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  if (!(now.revision < old.revision)) return [];
  return [
    {
      path: "lab:cluster.revision",
      lesson: "S12",
      message: `goes down from ${old.revision} to ${now.revision}, and that cluster is no more`,
      fix: `write ${old.revision} again`,
    },
  ];
}

/** K4 and C2: a version never goes down, never past a minor version, and never into one that its release cannot reach. */
export function refusedVersion(old: string, now: string): Diagnostic[] {
  const from = parseK3sVersion(old);
  const to = parseK3sVersion(now);
  const path = "lab:cluster.version";
  if (compareK3s(to, from) < 0)
    return [
      {
        path,
        lesson: "K4",
        message: `goes down from ${old} to ${now}; etcd and the objects in it are not made for that`,
        fix: `write ${old} or a later version; to get back a state of before, restore an etcd snapshot of that time`,
      },
    ];
  if (to.major !== from.major || to.minor > from.minor + 1)
    return [
      {
        path,
        lesson: "K4",
        message: `jumps from ${old} to ${now}; Kubernetes supports one minor version at a time`,
        fix: `go to a release of v${from.major}.${from.minor + 1} first, and from there on`,
      },
    ];
  const fault = stepFault(old, now);
  return fault === undefined ? [] : [{ path, lesson: "K4", message: fault.message, fix: fault.fix }];
}
