import { controlPlaneLabel, hostnameLabel } from "../../catalog/annotations.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, objectsOf } from "../queries/kubernetesObjects.ts";

/** One requirement of a label selector. A node must meet all of them. */
interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly unknown[];
}

export const bgpPeers: LessonPolicy = {
  key: "bgpPeers",
  lesson: "N5",
  description: "every agent matches the node selector of a CiliumBGPClusterConfig",
  severity: "high",
  remediationSteps:
    "add the node to lab:ingress.bgp.nodes, which sets the label; k3s3 once did not peer because the label was missing",
  validateStack: (resources) => {
    const configs = objectsOf(resources, "cilium.io", "CiliumBGPClusterConfig");
    if (configs.length === 0) return [];
    const nodes = resources.filter(isNode);
    const selects = (config: PolicedResource, node: PolicedResource) =>
      requirementsOf(config).every((requirement) => matches(requirement, labelsOf(node)));
    const unmatched = configs.filter((config) => !nodes.some((node) => selects(config, node)));
    // A selector that matches no node is one violation, not one for each node.
    const matched = configs.filter((config) => !unmatched.includes(config));
    const agents = nodes.filter((node) => maybe(valueAt(node.props, "role"), "agent"));
    const peers = agents.length > 0 ? agents : nodes;
    const unselected =
      matched.length === 0 ? [] : peers.filter((node) => !matched.some((one) => selects(one, node)));
    return [
      ...unmatched.map(
        (config): Violation => ({
          resource: config,
          field: "spec.nodeSelector",
          value: selectorText(config),
          message: `matches no node, so no route is announced; ${peers.map((node) => `the labels of ${node.name} are ${JSON.stringify(declaredLabels(node))}`).join(", ") || "the stack has no node"}`,
        }),
      ),
      ...unselected.map(
        (node): Violation => ({
          resource: node,
          field: "labels",
          value: declaredLabels(node),
          message: `does not match ${matched.map((config) => `${selectorText(config)} of ${describeObject(config)}`).join(" or ")}, so ${node.name} announces no route`,
        }),
      ),
    ];
  },
};

/** The labels that the configuration sets on a node, except unknown ones. */
function declaredLabels(node: PolicedResource): Record<string, string> {
  const labels: unknown = valueAt(node.props, "labels");
  if (typeof labels !== "object" || labels === null) return {};
  return Object.fromEntries(
    Object.keys(labels).flatMap((key) => {
      const value = valueAt(labels, key);
      return value === unknownValue ? [] : [[key, String(value)]];
    }),
  );
}

/** The labels of a node by key. Undefined where the node does not have the label. */
function labelsOf(node: PolicedResource): (key: string) => unknown {
  const server = valueAt(node.props, "role") === "server" ? "true" : undefined;
  // The kubelet and K3s set these on every node.
  const builtIn: Readonly<Record<string, string | undefined>> = {
    [hostnameLabel]: node.name,
    "kubernetes.io/os": "linux",
    [controlPlaneLabel]: server,
    "node-role.kubernetes.io/etcd": server,
  };
  return (key) =>
    valueAt(node.props, "labels", key) ?? (Object.hasOwn(builtIn, key) ? builtIn[key] : undefined);
}

function requirementsOf({ props }: PolicedResource): Requirement[] {
  const selector = valueAt(props, "spec", "nodeSelector");
  const labels = valueAt(selector, "matchLabels");
  const equal =
    typeof labels === "object"
      ? Object.keys(labels).map((key) => ({ key, operator: "In", values: [valueAt(labels, key)] }))
      : [];
  const expressions = itemsAt(selector, "matchExpressions").flatMap((expression) => {
    const key: unknown = valueAt(expression, "key");
    const operator: unknown = valueAt(expression, "operator");
    return typeof key === "string" && typeof operator === "string"
      ? [{ key, operator, values: itemsAt(expression, "values") }]
      : [];
  });
  return [...equal, ...expressions];
}

/** Whether a node's labels meet a requirement, or can meet it once they are known. */
function matches({ key, operator, values }: Requirement, label: (key: string) => unknown): boolean {
  const value = label(key);
  if (value === unknownValue) return true;
  if (operator === "In") return value !== undefined && values.some((wanted) => maybe(wanted, value));
  if (operator === "NotIn") return !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  return operator === "DoesNotExist" && value === undefined;
}

/** A selector in the syntax of kubectl. */
function selectorText(config: PolicedResource): string {
  const text = requirementsOf(config).map(({ key, operator, values }) => {
    const list = values.map((value) => (value === unknownValue ? "(unknown)" : String(value))).join(", ");
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (operator === "In" && values.length === 1) return `${key}=${list}`;
    return `${key} ${operator.toLowerCase()} (${list})`;
  });
  return text.join(", ") || "every node";
}
