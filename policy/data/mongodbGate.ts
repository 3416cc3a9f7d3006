import { parseImage } from "../images/images.ts";
import { runsScript, settingsOf } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { dependenciesOf } from "../queries/dependencies.ts";
import { known, valueAt } from "../queries/known.ts";
import { containersOf } from "../queries/workloads.ts";
import { selectedNodes } from "../workloads/podRequests.ts";
import { mongodbNames } from "./mongodbVersion.ts";

const script = "verify-cpu.sh";

export const mongodbGate: LessonPolicy = {
  key: "mongodbGate",
  lesson: "D4",
  description: "MongoDB depends on the CPU gate, which verifies AVX, of every node that it can run on",
  severity: "high",
  remediationSteps:
    "add a resource that depends on the CPU gates of the nodes to dependsOn, such as cluster.ready",
  validateStack: (resources) => {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const nodes = resources.filter(isNode).map((node) => ({
      name: node.name,
      labels: valueAt(node.props, "labels"),
      role: valueAt(node.props, "role"),
    }));
    const workers = nodes.some(({ role }) => role === "agent")
      ? nodes.filter(({ role }) => role === "agent")
      : nodes;
    const gates = resources.filter(verifiesAvx);
    return resources.filter(isServer).flatMap((resource) => {
      const completed = dependenciesOf(resource, byUrn);
      const verified = new Set(
        gates.filter(({ urn }) => completed.has(urn)).map(({ name }) => name.replace(/-verify-cpu$/, "")),
      );
      const unverified = (selectedNodes(resource, nodes) ?? workers).filter(
        ({ name }) => !verified.has(name),
      );
      return unverified.length === 0
        ? []
        : [
            {
              resource,
              field: "dependsOn",
              message: `has no dependency on a gate that verifies AVX on ${unverified.map(({ name }) => name).join(", ")}`,
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

function verifiesAvx(command: PolicedResource): boolean {
  if (!runsScript(command, script)) return false;
  const flags = known(() => settingsOf(command, script))?.get("REQUIRED_FLAGS");
  return flags === undefined || flags.split(/\s+/).includes("avx");
}
