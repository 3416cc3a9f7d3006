import { systemReservePercent } from "../../config/lab.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { valueAt } from "../queries/known.ts";
import { objectsOf } from "../queries/kubernetesObjects.ts";
import { parseQuantity } from "../queries/quantity.ts";
import { sum } from "../storage/longhornCapacity.ts";
import { type LabeledNode, mebibyte, type Requests } from "./podRequests.ts";

/** A node with its capacity, and the part of it that pods can use. */
export interface NodeCapacity extends LabeledNode {
  readonly role: unknown;
  readonly capacity: Requests;
  readonly allocatable: Requests;
}

/** The hard limit of a ResourceQuota for one resource kind. */
export interface Quota {
  readonly resource: PolicedResource;
  readonly field: string;
  readonly value: unknown;
  readonly amount: number;
}

/** The resource kinds that pods request, with the unit of their figures. */
export const resourceKinds = [
  { what: "memory", key: "requests.memory", short: "memory", unit: "MiB", scale: mebibyte },
  { what: "cpu", key: "requests.cpu", short: "cpu", unit: "cores", scale: 1 },
] as const;

/** The capacity of the nodes that run workloads, and the quotas on it, for one resource kind. */
export interface ClusterCapacity {
  readonly kind: (typeof resourceKinds)[number];
  readonly workers: readonly NodeCapacity[];
  readonly quotas: readonly Quota[];
  readonly capacity: number;
  /** The capacity less the reserve for the system. */
  readonly allocatable: number;
  /** The sum of all quotas. */
  readonly requested: number;
}

/** The nodes of a program. A node of unknown size is omitted. */
export function nodeCapacities(resources: readonly PolicedResource[]): NodeCapacity[] {
  return resources.filter(isNode).flatMap(({ name, props }) => {
    const memory: unknown = valueAt(props, "memoryMiB");
    const cpu: unknown = valueAt(props, "cores");
    if (typeof memory !== "number" || typeof cpu !== "number") return [];
    const allocatable = (amount: number) => (amount * (100 - systemReservePercent)) / 100;
    return [
      {
        name,
        role: valueAt(props, "role"),
        labels: valueAt(props, "labels"),
        capacity: { memory, cpu },
        allocatable: { memory: allocatable(memory), cpu: allocatable(cpu) },
      },
    ];
  });
}

/** The sum of all quotas, since every namespace can use its whole quota at any time. */
export function clusterCapacity(resources: readonly PolicedResource[]): ClusterCapacity[] {
  const nodes = nodeCapacities(resources);
  const agents = nodes.filter(({ role }) => role === "agent");
  const workers = agents.length > 0 ? agents : nodes;
  if (workers.length === 0) return [];
  return resourceKinds.map((kind) => {
    const quotas = objectsOf(resources, "core", "ResourceQuota")
      .map((resource) => quotaOf(resource, kind))
      .filter(({ amount }) => amount > 0)
      .toSorted((one, other) => other.amount - one.amount);
    return {
      kind,
      workers,
      quotas,
      capacity: sum(workers.map((node) => node.capacity[kind.what])),
      allocatable: sum(workers.map((node) => node.allocatable[kind.what])),
      requested: sum(quotas.map(({ amount }) => amount)),
    };
  });
}

function quotaOf(resource: PolicedResource, kind: ClusterCapacity["kind"]): Quota {
  const hard: unknown = valueAt(resource.props, "spec", "hard");
  // Kubernetes accepts the short name as well.
  const key = valueAt(hard, kind.key) === undefined ? kind.short : kind.key;
  const value: unknown = valueAt(hard, key);
  return {
    resource,
    field: `spec.hard["${key}"]`,
    value,
    amount: (parseQuantity(value) ?? 0) / kind.scale,
  };
}
