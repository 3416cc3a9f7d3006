import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, resource, unknown } from "../testing/resources.ts";
import { labNode } from "../testing/storageResources.ts";
import { podCapacity } from "./podCapacity.ts";

/** Two agents with 10,000 MiB and 5 cores: less 12 % for the system, 8800 MiB and 4.4 cores each. */
const agents = ["k3s3", "k3s4"].map((name) => labNode(name, { memoryMiB: 10_000, cores: 5 }));
const servers = ["k3s1", "k3s2"].map((name) =>
  labNode(name, { role: "server", memoryMiB: 4000, cores: 2, disks: [] }),
);
const lab = [...servers, ...agents];

const quota = (namespace: string, hard: unknown) =>
  object("core/v1:ResourceQuota", { namespace, name: "quota" }, { spec: { hard } }, namespace);

const hostname = "kubernetes.io/hostname";
function pinned(name: string, node: string | undefined, requests: object, replicas = 1, kind = "Deployment") {
  const terms = [{ matchExpressions: [{ key: hostname, operator: "In", values: [node] }] }];
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  };
  return resource(
    `kubernetes:apps/v1:${kind}`,
    {
      metadata: { namespace: "data", name },
      spec: {
        replicas,
        template: {
          spec: {
            ...(node === undefined ? {} : { affinity }),
            containers: [{ name, resources: { requests } }],
          },
        },
      },
    },
    { name },
  );
}

describePolicy(podCapacity, {
  valid: [
    ...lab,
    quota("data", { "requests.memory": "10000Mi", "requests.cpu": "8", pods: "10" }),
    quota("media", { "requests.memory": "7600Mi", "requests.cpu": "800m" }),
    quota("limits-only", { "limits.memory": "900Gi" }),
    quota("later", unknown),
    quota("part", { "requests.memory": unknown }),
    pinned("search", "k3s3", { memory: "4400Mi", cpu: "2" }, 2),
    pinned("any", undefined, { memory: "8800Mi" }, 9),
    pinned("on-a-server", "k3s1", { memory: "3000Mi" }),
    resource("kubernetes:apps/v1:Deployment", { spec: unknown }),
  ],
  invalid: [
    [
      "memory quotas that exceed the agents",
      [
        ...lab,
        quota("data", { "requests.memory": "10000Mi" }),
        quota("media", { "requests.memory": "8000Mi" }),
      ],
      'data.spec.hard["requests.memory"] = "10000Mi": is the largest of the quotas',
      "data 10000 + media 8000 = 18000 MiB;",
      "k3s3 10000 + k3s4 10000 less 12 % for the system is 17600;",
      "the quotas exceed the capacity by 400 MiB",
    ],
    [
      "CPU quotas that exceed the agents, by the short name",
      [...lab, quota("data", { cpu: "8" }), quota("media", { "requests.cpu": "1500m" })],
      'data.spec.hard["cpu"] = "8"',
      "data 8 + media 1.5 = 9.5 cores; k3s3 5 + k3s4 5 less 12 % for the system is 8.8; the quotas exceed the capacity by 0.7 cores",
    ],
    [
      "quotas that exceed the servers of a cluster without agents",
      [...servers, quota("data", { "requests.memory": "8Gi" })],
      "k3s1 4000 + k3s2 4000 less 12 % for the system is 7040",
    ],
    [
      "pods that together exceed the memory of their node",
      [...lab, pinned("search", "k3s3", { memory: "3000Mi" }, 2), pinned("graph", "k3s3", { memory: "3Gi" })],
      "search.spec.template.spec: is the largest of the pods that exceed the capacity of their node k3s3",
      "Deployment data/search 2 × 3000 + Deployment data/graph 3072 = 9072 MiB of memory;",
      "10000 less 12 % for the system is 8800; the requests exceed the capacity by 272 MiB",
    ],
    [
      "a pod that exceeds the CPU of its node",
      [...lab, pinned("search", "k3s3", { cpu: "4500m" }, 1, "StatefulSet")],
      "StatefulSet data/search 4.5 = 4.5 cores of cpu; 5 less 12 % for the system is 4.4",
    ],
    [
      "a pod that selects a node that does not exist",
      [...lab, pinned("search", "k3s9", { memory: "1Gi" })],
      "search.spec.template.spec: selects no node of the stack; its nodes are k3s1, k3s2, k3s3, k3s4",
    ],
    [
      "a pod that exceeds every node",
      [...lab, pinned("search", undefined, { memory: "9000Mi" })],
      "requests 9000 MiB of memory in one pod, and the largest node that it can run on has 8800",
    ],
  ],
});

test.each([
  ["quotas", quota("data", { "requests.memory": "17600Mi" }), 0],
  ["quotas", quota("data", { "requests.memory": "17601Mi" }), 1],
  ["quotas", quota("data", { "requests.cpu": "8800m" }), 0],
  ["quotas", quota("data", { "requests.cpu": "8801m" }), 1],
  ["the pods of one node", pinned("search", "k3s3", { memory: "4400Mi" }, 2), 0],
  ["the pods of one node", pinned("search", "k3s3", { memory: "4401Mi" }, 2), 1],
  ["one pod", pinned("search", undefined, { memory: "8800Mi" }), 0],
  ["one pod", pinned("search", undefined, { memory: "8801Mi" }), 1],
])("compares %s with the exact capacity of the nodes (C4, case %#)", (_what, resource, count) =>
  expect(violationsOf(podCapacity, [...lab, resource])).toHaveLength(count),
);

test("accepts quotas in a program without nodes (C4)", () =>
  expect(violationsOf(podCapacity, [quota("data", { "requests.memory": "900Gi" })])).toEqual([]));

test("accepts quotas while a node's size is unknown (C4)", () =>
  expect(
    violationsOf(podCapacity, [
      labNode("k3s1", { memoryMiB: unknown }),
      quota("data", { "requests.memory": "900Gi" }),
    ]),
  ).toEqual([]));
