import { commandType } from "../../catalog/resourceTypes.ts";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import { parseImage } from "../images/images.ts";
import { settingsOf } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { known, valueAt } from "../queries/known.ts";
import { containersOf } from "../queries/workloads.ts";
import { behind } from "../storage/storageGate.ts";
import { boundTo } from "../workloads/podRequests.ts";
import { mongodbNames } from "./mongodbVersion.ts";

const script = "verify-cpu.sh";

export const mongodbGate: LessonPolicy = {
  key: "mongodbGate",
  lesson: "D4",
  description: "MongoDB waits until every node that it may run on has shown AVX",
  severity: "high",
  fix: "add something to its dependsOn that waits for the CPU gates of its nodes: whatever is in the cluster does (cluster.ready)",
  stack: (resources) => {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const nodes = resources.filter(isNode).map((node) => ({
      name: node.name,
      labels: valueAt(node.props, "labels"),
      role: valueAt(node.props, "role"),
    }));
    const workers = nodes.some(({ role }) => role === "agent")
      ? nodes.filter(({ role }) => role === "agent")
      : nodes;
    const gates = resources.filter(provesAvx);
    return resources.filter(isServer).flatMap((resource) => {
      const passed = behind(resource, byUrn);
      const proven = new Set(
        gates.filter(({ urn }) => passed.has(urn)).map(({ name }) => name.replace(/-verify-cpu$/, "")),
      );
      const unproven = (boundTo(resource, nodes) ?? workers).filter(({ name }) => !proven.has(name));
      return unproven.length === 0
        ? []
        : [
            {
              resource,
              field: "dependsOn",
              message: `waits for no step that has found AVX on ${unproven.map(({ name }) => name).join(", ")}`,
            },
          ];
    });
  },
};

function isServer(resource: PolicedResource): boolean {
  return (
    /:(StatefulSet|Deployment|ReplicaSet|DaemonSet|Pod)$/.test(resource.type) &&
    (known(() => containersOf(resource)) ?? []).some(
      ({ spec }) => typeof spec.image === "string" && mongodbNames.has(parseImage(spec.image).name),
    )
  );
}

function provesAvx(step: PolicedResource): boolean {
  if (step.type !== commandType || valueAt(step.props, "create") !== `sudo ${guestDirectory}/${script}`)
    return false;
  const flags = known(() => settingsOf(step, script))?.get("REQUIRED_FLAGS");
  return flags === undefined || flags.split(/\s+/).includes("avx");
}
