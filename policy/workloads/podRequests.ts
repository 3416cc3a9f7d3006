import { hostnameLabel } from "../../config/kubernetesNames.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { parseQuantity } from "../queries/quantity.ts";
import { kindOf, podSpecOf } from "../queries/workloads.ts";

/** What pods ask of a node: the two things that it can run out of before its disk. */
export interface Requests {
  /** In MiB. */
  readonly memory: number;
  /** In cores. */
  readonly cpu: number;
}

export const mebibyte = 2 ** 20;

/** What one pod of a workload asks for; what is not known yet counts as nothing. Undefined for what makes no pods. */
export function podRequests(resource: PolicedResource): Requests | undefined {
  const pod = known(() => podSpecOf(resource));
  if (pod === undefined) return undefined;
  const first = itemsAt(pod.spec, "initContainers");
  // One that starts first and stays counts with the others; the rest come before them, one after another.
  const [staying, passing] = [true, false].map((stays) =>
    first.filter((container) => (valueAt(container, "restartPolicy") === "Always") === stays),
  );
  const total = (what: "memory" | "cpu") => {
    const lasting = [...itemsAt(pod.spec, "containers"), ...(staying ?? [])];
    const sum = lasting.reduce<number>((so, container) => so + requestOf(container, what), 0);
    return Math.max(sum, ...(passing ?? []).map((container) => requestOf(container, what)));
  };
  return { memory: total("memory") / mebibyte, cpu: total("cpu") };
}

/** A container that names only a limit asks for as much. */
function requestOf(container: unknown, what: "memory" | "cpu"): number {
  const value: unknown =
    valueAt(container, "resources", "requests", what) ?? valueAt(container, "resources", "limits", what);
  return parseQuantity(value) ?? 0;
}

/** How many pods of a workload run at once on the nodes that take them; a DaemonSet has one on each. */
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

/** A node, as a pod's wishes see it. */
export interface Choice {
  readonly name: string;
  /** As the node's inputs have them. */
  readonly labels: unknown;
}

/**
 * The nodes that a workload's pods are bound to; undefined where it binds them to none. A label that no node of the lab
 * declares comes from elsewhere, an operator perhaps, and binds to nothing that is known here.
 */
export function boundTo<T extends Choice>(resource: PolicedResource, nodes: readonly T[]): T[] | undefined {
  const spec: unknown = known(() => podSpecOf(resource))?.spec;
  const declared = new Set([hostnameLabel, ...nodes.flatMap(({ labels }) => keysOf(labels))]);
  const wishes: ((node: T) => boolean)[] = [];

  const nodeName: unknown = valueAt(spec, "nodeName");
  if (typeof nodeName === "string") wishes.push(({ name }) => name === nodeName);

  const selector: unknown = valueAt(spec, "nodeSelector");
  for (const key of keysOf(selector).filter((each) => declared.has(each)))
    wishes.push((node) => carries(node, key, valueAt(selector, key)));

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
  // Any of the terms is enough: one that says nothing of what is known here binds to nothing.
  if (terms.length > 0 && terms.every((expressions) => expressions.length > 0))
    wishes.push((node) => terms.some((expressions) => expressions.every((each) => matches(node, each))));

  return wishes.length === 0 ? undefined : nodes.filter((node) => wishes.every((wish) => wish(node)));
}

function keysOf(labels: unknown): string[] {
  return typeof labels === "object" && labels !== null ? Object.keys(labels) : [];
}

function label({ name, labels }: Choice, key: string): unknown {
  return key === hostnameLabel ? name : valueAt(labels, key);
}

/** Whether a node has a label, or could still turn out to have it. */
function carries(node: Choice, key: string, wanted: unknown): boolean {
  const value = label(node, key);
  return value !== undefined && maybe(value, wanted);
}

function matches(node: Choice, expression: unknown): boolean {
  const key = String(valueAt(expression, "key"));
  const values = itemsAt(expression, "values");
  switch (valueAt(expression, "operator")) {
    case "In":
      return values.some((wanted) => carries(node, key, wanted));
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
