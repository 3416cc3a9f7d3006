import { hostnameLabel } from "../../catalog/annotations.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { parseQuantity } from "../queries/quantity.ts";
import { kindOf, podSpecOf } from "../queries/workloads.ts";

/** The CPU and memory requests of pods. */
export interface Requests {
  /** In MiB. */
  readonly memory: number;
  /** In cores. */
  readonly cpu: number;
}

export const mebibyte = 2 ** 20;

/** The requests of one pod of a workload. Unknown requests count as zero. Undefined for resources without pods. */
export function podRequests(resource: PolicedResource): Requests | undefined {
  const pod = known(() => podSpecOf(resource));
  if (pod === undefined) return undefined;
  const initContainers = itemsAt(pod.spec, "initContainers");
  // A sidecar counts with the containers. Other init containers run before them, one after another.
  const isSidecar = (container: unknown) => valueAt(container, "restartPolicy") === "Always";
  const sidecars = initContainers.filter(isSidecar);
  const sequential = initContainers.filter((container) => !isSidecar(container));
  const total = (what: "memory" | "cpu") => {
    const parallel = [...itemsAt(pod.spec, "containers"), ...sidecars];
    const sum = parallel.reduce<number>((subtotal, container) => subtotal + requestOf(container, what), 0);
    return Math.max(sum, ...sequential.map((container) => requestOf(container, what)));
  };
  return { memory: total("memory") / mebibyte, cpu: total("cpu") };
}

/** The request of a container. A container with only a limit requests the limit. */
function requestOf(container: unknown, what: "memory" | "cpu"): number {
  const value: unknown =
    valueAt(container, "resources", "requests", what) ?? valueAt(container, "resources", "limits", what);
  return parseQuantity(value) ?? 0;
}

/** The number of pods of a workload on the nodes that it selects. A DaemonSet has one on each. */
export function podCount(resource: PolicedResource): number {
  const field = {
    Deployment: "replicas",
    StatefulSet: "replicas",
    ReplicaSet: "replicas",
    Job: "parallelism",
  }[kindOf(resource) ?? ""];
  const count: unknown = field === undefined ? 1 : valueAt(resource.props, "spec", field);
  return typeof count === "number" ? count : 1;
}

/** A node's name and labels, which pods select nodes by. */
export interface LabeledNode {
  readonly name: string;
  readonly labels: unknown;
}

/**
 * The nodes that a workload's pods select. Undefined where they select none. A label that no node of the lab declares is
 * set by another program, such as an operator, so the requirement is ignored.
 */
export function selectedNodes<T extends LabeledNode>(
  resource: PolicedResource,
  nodes: readonly T[],
): T[] | undefined {
  const spec: unknown = known(() => podSpecOf(resource))?.spec;
  const declared = new Set([hostnameLabel, ...nodes.flatMap(({ labels }) => keysOf(labels))]);
  const requirements: ((node: T) => boolean)[] = [];

  const nodeName: unknown = valueAt(spec, "nodeName");
  if (typeof nodeName === "string") requirements.push(({ name }) => name === nodeName);

  const selector: unknown = valueAt(spec, "nodeSelector");
  for (const key of keysOf(selector).filter((each) => declared.has(each)))
    requirements.push((node) => hasLabel(node, key, valueAt(selector, key)));

  const terms = itemsAt(
    spec,
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  ).map((term) =>
    itemsAt(term, "matchExpressions").filter(
      (expression) => expression !== unknownValue && declared.has(String(valueAt(expression, "key"))),
    ),
  );
  // A node needs to match only one term, so a term without known requirements matches every node.
  if (terms.length > 0 && terms.every((expressions) => expressions.length > 0))
    requirements.push((node) =>
      terms.some((expressions) => expressions.every((each) => matches(node, each))),
    );

  return requirements.length === 0
    ? undefined
    : nodes.filter((node) => requirements.every((matches) => matches(node)));
}

function keysOf(labels: unknown): string[] {
  return typeof labels === "object" && labels !== null ? Object.keys(labels) : [];
}

function label({ name, labels }: LabeledNode, key: string): unknown {
  return key === hostnameLabel ? name : valueAt(labels, key);
}

/** Whether a node has a label, or can have it once its labels are known. */
function hasLabel(node: LabeledNode, key: string, wanted: unknown): boolean {
  const value = label(node, key);
  return value !== undefined && maybe(value, wanted);
}

function matches(node: LabeledNode, expression: unknown): boolean {
  const key = String(valueAt(expression, "key"));
  const values = itemsAt(expression, "values");
  switch (valueAt(expression, "operator")) {
    case "In":
      return values.some((wanted) => hasLabel(node, key, wanted));
    case "NotIn":
      return !values.includes(label(node, key));
    case "Exists":
      return label(node, key) !== undefined;
    case "DoesNotExist":
      return maybe(label(node, key), undefined);
    default:
      return true;
  }
}
