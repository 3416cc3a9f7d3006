import { systemReservePercent } from "../../config/lab.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { valueAt } from "../queries/known.ts";
import { describeObject } from "../queries/kubernetesObjects.ts";
import { round } from "../queries/quantity.ts";
import { podSpecOf } from "../queries/workloads.ts";
import { sum } from "../storage/longhornCapacity.ts";
import { boundTo, podCount, podRequests } from "./podRequests.ts";
import { type NodeRoom, nodeRooms, type PodRoom, podRoom, resourceKinds } from "./podRoom.ts";

/** A worker stood at 91 % of its memory, with nothing kept for the system. */
export const podCapacity: LessonPolicy = {
  key: "podCapacity",
  lesson: "C4",
  description: "what all namespaces may ask for fits the nodes, and so do the pods that are bound to one",
  severity: "high",
  remediationSteps:
    "lower the quotas or requests, bind pods to another node, or give the nodes more memory and cores",
  validateStack: (resources) => {
    const nodes = nodeRooms(resources);
    if (nodes.length === 0) return [];
    return [...podRoom(resources).flatMap(quotas), ...boundPods(resources, nodes)];
  },
};

/** What all namespaces were promised, where it is more than there is. */
function quotas({ kind, workers, promises, left, asked }: PodRoom): Violation[] {
  const { what, unit } = kind;
  const [largest] = promises;
  if (largest === undefined || asked <= left) return [];
  const each = promises.map(({ resource, amount }) => `${namespaceOrName(resource)} ${round(amount)}`);
  return [
    {
      resource: largest.resource,
      field: largest.field,
      value: largest.value,
      message: [
        "is the largest of quotas that do not fit the nodes together:",
        `${each.join(" + ")} = ${round(asked)} ${unit};`,
        `${workers.map((node) => `${node.name} ${round(node.whole[what])}`).join(" + ")} less ${systemReservePercent} % for the system is ${round(left)};`,
        `${round(asked - left)} ${unit} too much`,
      ].join(" "),
    },
  ];
}

/** Pods that only one node takes have to fit it together; any other has to fit one of those that take it. */
function boundPods(resources: readonly PolicedResource[], nodes: readonly NodeRoom[]): Violation[] {
  const pods = resources.flatMap((resource) => {
    const requests = podRequests(resource);
    const bound = boundTo(resource, nodes);
    return requests === undefined ? [] : [{ resource, requests, count: podCount(resource), bound }];
  });
  const homeless = pods.flatMap(({ resource, bound }): Violation[] =>
    bound?.length === 0
      ? [
          {
            resource,
            field: podSpecOf(resource)?.field ?? "spec",
            message: `is bound to a node that there is not; there are ${nodes.map(({ name }) => name).join(", ")}`,
          },
        ]
      : [],
  );
  return [
    ...homeless,
    ...nodes.flatMap((node) => {
      const here = pods.filter(({ bound }) => bound?.length === 1 && bound[0] === node);
      return resourceKinds.flatMap(({ what, unit }): Violation[] => {
        const asking = here
          .filter(({ requests }) => requests[what] > 0)
          .toSorted((one, other) => other.requests[what] * other.count - one.requests[what] * one.count);
        const asked = sum(asking.map(({ requests, count }) => requests[what] * count));
        const [largest] = asking;
        if (largest === undefined || asked <= node.left[what]) return [];
        const each = asking.map(
          ({ resource, requests, count }) =>
            `${describeObject(resource)} ${count === 1 ? "" : `${count} × `}${round(requests[what])}`,
        );
        return [
          {
            resource: largest.resource,
            field: podSpecOf(largest.resource)?.field ?? "spec",
            message: [
              `asks for more than its node ${node.name} has, with what else is bound to it:`,
              `${each.join(" + ")} = ${round(asked)} ${unit} of ${what};`,
              `${round(node.whole[what])} less ${systemReservePercent} % for the system is ${round(node.left[what])};`,
              `${round(asked - node.left[what])} ${unit} too much`,
            ].join(" "),
          },
        ];
      });
    }),
    ...pods
      .filter(({ bound }) => bound === undefined || bound.length > 1)
      .flatMap(({ resource, requests, bound = nodes }): Violation[] =>
        resourceKinds.flatMap(({ what, unit }): Violation[] => {
          const most = Math.max(...bound.map(({ left }) => left[what]));
          return requests[what] <= most
            ? []
            : [
                {
                  resource,
                  field: podSpecOf(resource)?.field ?? "spec",
                  message: `asks for ${round(requests[what])} ${unit} of ${what} in one pod, and the most that a node it may run on has is ${round(most)}, with ${systemReservePercent} % kept for the system`,
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
