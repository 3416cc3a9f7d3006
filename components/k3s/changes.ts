import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";
import { compareK3s, parseK3sVersion, stepFault } from "../../config/kubernetesVersions.ts";

/** The inputs of a cluster that the change guard compares: its immutable settings, its version and its nodes. */
export interface ClusterIdentity {
  /** Number of the cluster: counts the clusters that the lab has had. */
  readonly revision: number;
  /** The value of `rebuild` of each node, by name; empty for a node that was never rebuilt. */
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
    because: "every node gets its pod addresses from it when the cluster is created",
  },
  {
    key: "serviceCidr",
    lesson: "N2",
    because: "every Service has its address from it, including the API's own",
  },
];

/** Compares a cluster with its state. Returns nothing when the change is allowed. */
export function refusedChanges(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  // A new cluster keeps nothing of the old one, so every setting may change.
  if (now.revision > old.revision) return refusedNewCluster(old, now);
  const settings = frozen
    .filter(({ key }) => old[key] !== now[key])
    .map(({ key, lesson, because }) => ({
      path: `lab:cluster.${key}`,
      lesson,
      message: `changes from ${old[key]} to ${now[key]}, and ${because}`,
      fix: `write ${old[key]} again; another value needs a new cluster: docs/runbooks/rebuild.md`,
    }));
  return [...refusedOldRevision(old, now), ...refusedVersion(old.version, now.version), ...settings];
}

/**
 * The revision is part of the Kubernetes provider's clusterIdentifier, so a new revision replaces every object. On nodes of
 * the old cluster, the engine would create the objects next to the existing ones and then delete those (S12).
 */
function refusedNewCluster(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  const remaining = Object.keys(now.nodes).filter((name) => now.nodes[name] === old.nodes[name]);
  if (remaining.length === 0) return [];
  return [
    {
      path: "lab:cluster.revision",
      lesson: "S12",
      message: `rises from ${old.revision} to ${now.revision}, which is a new cluster, but ${remaining.join(", ")} would stay in the old one`,
      fix: `rebuild each of these nodes with \`rebuild\`, or write ${old.revision} again: docs/runbooks/rebuild.md`,
    },
  ];
}

/** An earlier revision names a cluster that no longer exists (S12). */
function refusedOldRevision(old: ClusterIdentity, now: ClusterIdentity): Diagnostic[] {
  if (!(now.revision < old.revision)) return [];
  return [
    {
      path: "lab:cluster.revision",
      lesson: "S12",
      message: `goes down from ${old.revision} to ${now.revision}, a cluster that no longer exists`,
      fix: `write ${old.revision} again`,
    },
  ];
}

/** K4 and C2: rejects a downgrade, a skipped minor version, and an upgrade that the installed release does not support. */
export function refusedVersion(old: string, now: string): Diagnostic[] {
  const from = parseK3sVersion(old);
  const to = parseK3sVersion(now);
  const path = "lab:cluster.version";
  if (compareK3s(to, from) < 0)
    return [
      {
        path,
        lesson: "K4",
        message: `goes down from ${old} to ${now}; etcd and the stored objects do not support a downgrade`,
        fix: `write ${old} or a later version; to return to an earlier state, restore an etcd snapshot from that time`,
      },
    ];
  if (to.major !== from.major || to.minor > from.minor + 1)
    return [
      {
        path,
        lesson: "K4",
        message: `jumps from ${old} to ${now}; Kubernetes supports one minor version at a time`,
        fix: `upgrade to a release of v${from.major}.${from.minor + 1} first, then continue`,
      },
    ];
  const fault = stepFault(old, now);
  return fault === undefined ? [] : [{ path, lesson: "K4", message: fault.message, fix: fault.fix }];
}
