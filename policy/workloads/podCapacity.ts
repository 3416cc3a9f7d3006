import { systemReservePercent } from "../../config/lab.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { valueAt } from "../queries/known.ts";
import { describeObject } from "../queries/kubernetesObjects.ts";
import { round } from "../queries/quantity.ts";
import { podSpecOf } from "../queries/workloads.ts";
import { sum } from "../storage/longhornCapacity.ts";
import {
  type ClusterCapacity,
  clusterCapacity,
  type NodeCapacity,
  nodeCapacities,
  resourceKinds,
} from "./clusterCapacity.ts";
import { podCount, podRequests, selectedNodes } from "./podRequests.ts";

/** A worker once used 91 % of its memory, without a reserve for the system. */
export const podCapacity: LessonPolicy = {
  key: "podCapacity",
  lesson: "C4",
  description: "the quotas of all namespaces fit on the nodes, and so do the pods that select one node",
  severity: "high",
  remediationSteps:
    "lower the quotas or requests, select another node for the pods, or add memory and cores to the nodes",
  validateStack: (resources) => {
    const nodes = nodeCapacities(resources);
    if (nodes.length === 0) return [];
    return [...clusterCapacity(resources).flatMap(quotaViolations), ...podViolations(resources, nodes)];
  },
};

/** The violation of quotas that exceed the capacity of the nodes. */
function quotaViolations({ kind, workers, quotas, allocatable, requested }: ClusterCapacity): Violation[] {
  const { what, unit } = kind;
  const [largest] = quotas;
  if (largest === undefined || requested <= allocatable) return [];
  const each = quotas.map(({ resource, amount }) => `${namespaceOrName(resource)} ${round(amount)}`);
  return [
    {
      resource: largest.resource,
      field: largest.field,
      value: largest.value,
      message: [
        "is the largest of the quotas that exceed the capacity of the nodes:",
        `${each.join(" + ")} = ${round(requested)} ${unit};`,
        `${workers.map((node) => `${node.name} ${round(node.capacity[what])}`).join(" + ")} less ${systemReservePercent} % for the system is ${round(allocatable)};`,
        `the quotas exceed the capacity by ${round(requested - allocatable)} ${unit}`,
      ].join(" "),
    },
  ];
}

/** Violations of pods that select one node and together exceed it, and of pods that exceed every node they select. */
function podViolations(resources: readonly PolicedResource[], nodes: readonly NodeCapacity[]): Violation[] {
  const pods = resources.flatMap((resource) => {
    const requests = podRequests(resource);
    const selected = selectedNodes(resource, nodes);
    return requests === undefined ? [] : [{ resource, requests, count: podCount(resource), selected }];
  });
  const unschedulable = pods.flatMap(({ resource, selected }): Violation[] =>
    selected?.length === 0
      ? [
          {
            resource,
            field: podSpecOf(resource)?.field ?? "spec",
            message: `selects no node of the stack; its nodes are ${nodes.map(({ name }) => name).join(", ")}`,
          },
        ]
      : [],
  );
  return [
    ...unschedulable,
    ...nodes.flatMap((node) => {
      const onNode = pods.filter(({ selected }) => selected?.length === 1 && selected[0] === node);
      return resourceKinds.flatMap(({ what, unit }): Violation[] => {
        const requesting = onNode
          .filter(({ requests }) => requests[what] > 0)
          .toSorted((one, other) => other.requests[what] * other.count - one.requests[what] * one.count);
        const requested = sum(requesting.map(({ requests, count }) => requests[what] * count));
        const [largest] = requesting;
        if (largest === undefined || requested <= node.allocatable[what]) return [];
        const each = requesting.map(
          ({ resource, requests, count }) =>
            `${describeObject(resource)} ${count === 1 ? "" : `${count} × `}${round(requests[what])}`,
        );
        return [
          {
            resource: largest.resource,
            field: podSpecOf(largest.resource)?.field ?? "spec",
            message: [
              `is the largest of the pods that exceed the capacity of their node ${node.name}:`,
              `${each.join(" + ")} = ${round(requested)} ${unit} of ${what};`,
              `${round(node.capacity[what])} less ${systemReservePercent} % for the system is ${round(node.allocatable[what])};`,
              `the requests exceed the capacity by ${round(requested - node.allocatable[what])} ${unit}`,
            ].join(" "),
          },
        ];
      });
    }),
    ...pods
      .filter(({ selected }) => selected === undefined || selected.length > 1)
      .flatMap(({ resource, requests, selected = nodes }): Violation[] =>
        resourceKinds.flatMap(({ what, unit }): Violation[] => {
          const largestNode = Math.max(...selected.map(({ allocatable }) => allocatable[what]));
          return requests[what] <= largestNode
            ? []
            : [
                {
                  resource,
                  field: podSpecOf(resource)?.field ?? "spec",
                  message: `requests ${round(requests[what])} ${unit} of ${what} in one pod, and the largest node that it can run on has ${round(largestNode)} after ${systemReservePercent} % for the system`,
                },
              ];
        }),
      ),
  ];
}

function namespaceOrName(quota: PolicedResource): string {
  const namespace: unknown = valueAt(quota.props, "metadata", "namespace");
  return typeof namespace === "string" ? namespace : quota.name;
}
