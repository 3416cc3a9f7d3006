import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../diagnostic.ts";
import {
  kubeletAccepts,
  kubeletLabels,
  machineLabels,
  ownTaints,
  taintIdentity,
  taintKey,
} from "../kubernetesNames.ts";
import { bgpLabel, controlPlaneTaint, longhornLabels } from "../lab.ts";
import type { LabConfig, NodeConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** K6: every node can register with its labels and taints, and none of them contradicts one that the program sets. */
export const nodeLabels: Rule = (config) =>
  Object.entries(config.nodes).flatMap(([name, node]) => [
    ...Object.entries(node.labels).flatMap(([key, value]) => labelDiagnostics(config, name, key, value)),
    ...taintDiagnostics(config, name, node),
  ]);

function labelDiagnostics(config: LabConfig, name: string, key: string, value: string): Diagnostic[] {
  const diagnostic = (lesson: LessonId, message: string, fix: string): Diagnostic[] => [
    { path: formatPath(["nodes", name, "labels", key]), value: `"${value}"`, lesson, message, fix },
  ];
  if (!kubeletAccepts(key))
    return diagnostic(
      "K6",
      "is a label that Kubernetes does not allow a kubelet to set; K3s would not start with it",
      `use your own key, such as lab.home/${key.slice(key.indexOf("/") + 1)}; under kubernetes.io and k8s.io a kubelet may set ${kubeletLabels.join(", ")}, and keys that begin with kubelet.kubernetes.io/ or node.kubernetes.io/`,
    );
  const ofMachine = machineLabels(name)[key];
  if (ofMachine !== undefined && value !== ofMachine)
    return diagnostic(
      "K6",
      `contradicts the kubelet, which sets "${ofMachine}"; volumes and pods that are bound to the node would not find it`,
      `remove it, or write ${ofMachine}`,
    );
  if (Object.hasOwn(longhornLabels, key)) {
    const own = longhornLabels[key as keyof typeof longhornLabels];
    const hasDisks = (config.nodes[name]?.disks.length ?? 0) > 0;
    if (hasDisks && value !== own)
      return diagnostic(
        "S6",
        `contradicts the program, which sets "${own}" on every node with disks for Longhorn`,
        "remove it: the program sets the label from the node's disks",
      );
    // `storage` is a common key: without disks only the value that pods select is rejected.
    if (!hasDisks && (value === own || key !== "storage"))
      return diagnostic(
        "S6",
        "is set manually, and the node has no disk for Longhorn",
        "declare the disks, from which the program sets the label, or remove it",
      );
  }
  if (key === bgpLabel.key) {
    const announces = (config.ingress.bgp?.nodes ?? []).includes(name);
    if (!announces || value !== bgpLabel.value)
      return diagnostic(
        "N5",
        announces
          ? `contradicts the program, which sets "${bgpLabel.value}" on every node of lab:ingress.bgp.nodes`
          : "is set manually, and lab:ingress.bgp.nodes does not list the node",
        "remove it: the program sets the label from lab:ingress.bgp.nodes",
      );
  }
  return [];
}

function taintDiagnostics(config: LabConfig, name: string, node: NodeConfig): Diagnostic[] {
  const reserved = controlPlaneTaint(config, node);
  return node.taints.flatMap((taint, index): Diagnostic[] => {
    const diagnostic = (message: string, fix: string): Diagnostic[] => [
      { path: formatPath(["nodes", name, "taints", index]), value: `"${taint}"`, lesson: "K6", message, fix },
    ];
    if (ownTaints.includes(taintKey(taint)))
      return diagnostic(
        "is a taint that Kubernetes sets and removes",
        "use your own key, such as lab.home/reserved=true:NoSchedule",
      );
    const twin = node.taints.slice(0, index).find((other) => taintIdentity(other) === taintIdentity(taint));
    if (twin !== undefined)
      return diagnostic(
        `has the key and effect of "${twin}", and a node has one taint for each`,
        "remove one of the two",
      );
    if (reserved !== undefined && taint !== reserved && taintIdentity(taint) === taintIdentity(reserved))
      return diagnostic(
        `has the key and effect of "${reserved}", which the program sets on every server of a lab with agents`,
        "remove it: the program sets this taint",
      );
    return [];
  });
}
