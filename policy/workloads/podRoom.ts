import { systemReservePercent } from "../../config/lab.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { objectsOf } from "../queries/kubernetesObjects.ts";
import { parseQuantity } from "../queries/quantity.ts";
import { sum } from "../storage/longhornCapacity.ts";
import { type Choice, mebibyte, type Requests } from "./podRequests.ts";

/** A node with what it leaves to pods. */
export interface NodeRoom extends Choice {
  readonly role: unknown;
  readonly whole: Requests;
  readonly left: Requests;
}

/** What a namespace was promised. */
export interface Promised {
  readonly resource: PolicedResource;
  /** Where it stands, and as it stands there. */
  readonly field: string;
  readonly value: unknown;
  readonly amount: number;
}

/** The two things that pods ask for, as owners write them. */
export const resourceKinds = [
  { what: "memory", key: "requests.memory", short: "memory", unit: "MiB", scale: mebibyte },
  { what: "cpu", key: "requests.cpu", short: "cpu", unit: "cores", scale: 1 },
] as const;

/** What the quotas promise of one thing, and what the nodes have of it that run the work. */
export interface PodRoom {
  readonly kind: (typeof resourceKinds)[number];
  readonly workers: readonly NodeRoom[];
  readonly promises: readonly Promised[];
  readonly whole: number;
  /** Less what is kept for the system. */
  readonly left: number;
  readonly asked: number;
}

/** The nodes of a program; one whose size is not known yet is left out. */
export function nodeRooms(resources: readonly PolicedResource[]): NodeRoom[] {
  return resources.filter(isNode).flatMap(({ name, props }) => {
    const memory: unknown = valueAt(props, "memoryMiB");
    const cpu: unknown = valueAt(props, "cores");
    if (typeof memory !== "number" || typeof cpu !== "number") return [];
    const left = (amount: number) => (amount * (100 - systemReservePercent)) / 100;
    return [
      {
        name,
        role: valueAt(props, "role"),
        labels: valueAt(props, "labels"),
        whole: { memory, cpu },
        left: { memory: left(memory), cpu: left(cpu) },
      },
    ];
  });
}

/** All quotas used up at once: what a namespace was promised it gets, whatever the others do. */
export function podRoom(resources: readonly PolicedResource[]): PodRoom[] {
  const nodes = nodeRooms(resources);
  const agents = nodes.filter(({ role }) => role === "agent");
  const workers = agents.length > 0 ? agents : nodes;
  if (workers.length === 0) return [];
  return resourceKinds.map((kind) => {
    const promises = objectsOf(resources, "core", "ResourceQuota")
      .map((resource) => promiseOf(resource, kind))
      .filter(({ amount }) => amount > 0)
      .toSorted((one, other) => other.amount - one.amount);
    return {
      kind,
      workers,
      promises,
      whole: sum(workers.map((node) => node.whole[kind.what])),
      left: sum(workers.map((node) => node.left[kind.what])),
      asked: sum(promises.map(({ amount }) => amount)),
    };
  });
}

function promiseOf(resource: PolicedResource, kind: PodRoom["kind"]): Promised {
  const hard: unknown = valueAt(resource.props, "spec", "hard");
  // The short name means the same to Kubernetes.
  const key = valueAt(hard, kind.key) === undefined ? kind.short : kind.key;
  const value: unknown = valueAt(hard, key);
  return {
    resource,
    field: `spec.hard["${key}"]`,
    value,
    amount: (parseQuantity(value) ?? 0) / kind.scale,
  };
}
