import { preparedNodeType } from "../../components/node/preparedNodeType.ts";
import { controlPlaneLabel, hostnameLabel } from "../../config/kubernetesNames.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, objectsOf } from "../queries/kubernetesObjects.ts";

/** One term of a label selector; all of them must hold. */
interface Term {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly unknown[];
}

export const bgpPeers: LessonPolicy = {
  key: "bgpPeers",
  lesson: "N5",
  description: "every node that should announce routes matches the BGP selector",
  severity: "high",
  fix: "name the node under lab:ingress.bgp.nodes, which gives it the label; k3s3 once did not peer for want of it",
  stack: (resources) => {
    const configs = objectsOf(resources, "cilium.io", "CiliumBGPClusterConfig");
    if (configs.length === 0) return [];
    const nodes = resources.filter(({ type }) => type === preparedNodeType);
    const selects = (config: PolicedResource, node: PolicedResource) =>
      termsOf(config).every((term) => holds(term, labelsOf(node)));
    const dead = configs.filter((config) => !nodes.some((node) => selects(config, node)));
    // A selector that matches no node at all is one mistake, not one for each node.
    const live = configs.filter((config) => !dead.includes(config));
    const agents = nodes.filter((node) => maybe(valueAt(node.props, "role"), "agent"));
    const announcing = agents.length > 0 ? agents : nodes;
    const silent =
      live.length === 0 ? [] : announcing.filter((node) => !live.some((one) => selects(one, node)));
    return [
      ...dead.map(
        (config): Breach => ({
          resource: config,
          field: "spec.nodeSelector",
          value: selectorText(config),
          message: `matches no node, so nothing is announced; ${announcing.map((node) => `${node.name} has ${JSON.stringify(declaredLabels(node))}`).join(", ") || "there is no node"}`,
        }),
      ),
      ...silent.map(
        (node): Breach => ({
          resource: node,
          field: "labels",
          value: declaredLabels(node),
          message: `does not match ${live.map((config) => `${selectorText(config)} of ${describeObject(config)}`).join(", nor ")}: ${node.name} announces nothing`,
        }),
      ),
    ];
  },
};

/** The labels that the configuration gives a node; those not known yet left out. */
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

/** What a selector asks of a node: its value under a key, undefined where the node has no such label. */
function labelsOf(node: PolicedResource): (key: string) => unknown {
  const server = valueAt(node.props, "role") === "server" ? "true" : undefined;
  // Set by the kubelet and by K3s itself on every node.
  const builtIn: Readonly<Record<string, string | undefined>> = {
    [hostnameLabel]: node.name,
    "kubernetes.io/os": "linux",
    [controlPlaneLabel]: server,
    "node-role.kubernetes.io/etcd": server,
  };
  return (key) =>
    valueAt(node.props, "labels", key) ?? (Object.hasOwn(builtIn, key) ? builtIn[key] : undefined);
}

function termsOf({ props }: PolicedResource): Term[] {
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

/** Whether a term holds, or may still. */
function holds({ key, operator, values }: Term, label: (key: string) => unknown): boolean {
  const value = label(key);
  if (value === unknownValue) return true;
  if (operator === "In") return value !== undefined && values.some((wanted) => maybe(wanted, value));
  if (operator === "NotIn") return !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  return operator === "DoesNotExist" && value === undefined;
}

/** A selector the way kubectl takes it. */
function selectorText(config: PolicedResource): string {
  const text = termsOf(config).map(({ key, operator, values }) => {
    const list = values
      .map((value) => (value === unknownValue ? "(not known yet)" : String(value)))
      .join(", ");
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (operator === "In" && values.length === 1) return `${key}=${list}`;
    return `${key} ${operator.toLowerCase()} (${list})`;
  });
  return text.join(", ") || "every node";
}
