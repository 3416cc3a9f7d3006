import pulumi from "@pulumi/pulumi";
import { describeChanges } from "../refusedChange.ts";
import { type ClusterIdentity, refusedChanges } from "./changes.ts";

/**
 * Refuses, at preview and at `up`, a change of the cluster that would lose data or quorum. It sees what the
 * state holds and what is wanted, which neither the configuration rules nor a policy can.
 */
export function clusterChangeGuard(): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    "cluster-change-guard",
    ({ oldInputs, newInputs }) => {
      const refused = refusedChanges(oldInputs as ClusterIdentity, newInputs as ClusterIdentity);
      if (refused.length > 0) throw new Error(describeChanges(refused));
    },
    { onDryRun: true },
  );
}
