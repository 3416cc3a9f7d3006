import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, resource, unknown } from "../testing/resources.ts";
import { labNode } from "../testing/storageResources.ts";
import { podCapacity } from "./podCapacity.ts";

/** Two agents of 10,000 MiB and 5 cores: less 12 % for the system each has 8800 MiB and 4.4 cores. */
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
      "quotas that ask for more memory than the agents have",
      [
        ...lab,
        quota("data", { "requests.memory": "10000Mi" }),
        quota("media", { "requests.memory": "8000Mi" }),
      ],
      'data.spec.hard["requests.memory"] = "10000Mi"',
      "data 10000 + media 8000 = 18000 MiB;",
      "k3s3 10000 + k3s4 10000 less 12 % for the system is 17600;",
      "400 MiB too much",
    ],
    [
      "quotas that ask for more cores, by the short name",
      [...lab, quota("data", { cpu: "8" }), quota("media", { "requests.cpu": "1500m" })],
      'data.spec.hard["cpu"] = "8"',
      "data 8 + media 1.5 = 9.5 cores; k3s3 5 + k3s4 5 less 12 % for the system is 8.8; 0.7 cores too much",
    ],
    [
      "quotas on servers that are all there is",
      [...servers, quota("data", { "requests.memory": "8Gi" })],
      "k3s1 4000 + k3s2 4000 less 12 % for the system is 7040",
    ],
    [
      "pods on one node that do not fit it together",
      [...lab, pinned("search", "k3s3", { memory: "3000Mi" }, 2), pinned("graph", "k3s3", { memory: "3Gi" })],
      "search.spec.template.spec asks for more than its node k3s3 has",
      "Deployment data/search 2 × 3000 + Deployment data/graph 3072 = 9072 MiB of memory;",
      "10000 less 12 % for the system is 8800; 272 MiB too much",
    ],
    [
      "cores of one node",
      [...lab, pinned("search", "k3s3", { cpu: "4500m" }, 1, "StatefulSet")],
      "StatefulSet data/search 4.5 = 4.5 cores of cpu; 5 less 12 % for the system is 4.4",
    ],
    [
      "a pod on a node that there is not",
      [...lab, pinned("search", "k3s9", { memory: "1Gi" })],
      "search.spec.template.spec is bound to a node that there is not; there are k3s1, k3s2, k3s3, k3s4",
    ],
    [
      "a pod that no node is large enough for",
      [...lab, pinned("search", undefined, { memory: "9000Mi" })],
      "asks for 9000 MiB of memory in one pod, and the most that a node it may run on has is 8800",
    ],
  ],
});

test("a program without nodes has nothing to be compared with", () =>
  expect(violationsOf(podCapacity, [quota("data", { "requests.memory": "900Gi" })])).toEqual([]));

test("a node that is not known yet takes part when it is", () =>
  expect(
    violationsOf(podCapacity, [
      labNode("k3s1", { memoryMiB: unknown }),
      quota("data", { "requests.memory": "900Gi" }),
    ]),
  ).toEqual([]));
