import { expect, test } from "vitest";
import { unknownValue } from "../queries/known.ts";
import { deployment, resource, unknown } from "../testing/resources.ts";
import { podCount, podRequests, selectedNodes } from "./podRequests.ts";

const pod = (spec: object) => resource("kubernetes:core/v1:Pod", { spec });
const container = (resources: object, more: object = {}) => ({ name: "app", resources, ...more });

test("adds containers and sidecars, and takes the largest of the sequential init containers", () =>
  expect(
    podRequests(
      pod({
        containers: [
          container({ requests: { cpu: "250m", memory: "512Mi" } }),
          container({ requests: { memory: "0.5Gi" } }),
        ],
        initContainers: [
          container({ requests: { cpu: "2", memory: "128Mi" } }),
          container({ requests: { cpu: "100m", memory: "64Mi" } }, { restartPolicy: "Always" }),
        ],
      }),
    ),
  ).toEqual({ cpu: 2, memory: 1088 }));

test("uses a limit as the request of a container without one", () =>
  expect(podRequests(deployment({ resources: { limits: { cpu: 1, memory: "1Gi" } } }))).toEqual({
    cpu: 1,
    memory: 1024,
  }));

test("counts unknown requests as zero, and returns undefined for resources without pods", () => {
  expect(podRequests(deployment({ resources: unknown }))).toEqual({ cpu: 0, memory: 0 });
  expect(podRequests(resource("kubernetes:apps/v1:Deployment", { spec: unknown }))).toBeUndefined();
  expect(podRequests(resource("kubernetes:core/v1:Service", { spec: {} }))).toBeUndefined();
});

test.each([
  ["Deployment", { replicas: 3 }, 3],
  ["StatefulSet", { replicas: 2 }, 2],
  ["Deployment", {}, 1],
  ["Deployment", { replicas: unknown }, 1],
  ["DaemonSet", { replicas: 3 }, 1],
])("counts the pods of a %s with %o as %i", (kind, spec, count) =>
  expect(podCount(resource(`kubernetes:apps/v1:${kind}`, { spec }))).toBe(count),
);

const node = (name: string, labels: unknown = {}) => ({ name, labels });
const nodes = [node("k3s1", { search: "true" }), node("k3s2", { gpu: "t4" }), node("k3s3")];
const required = (...terms: object[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((expression) => ({ matchExpressions: [expression] })),
      },
    },
  },
});
const hostname = "kubernetes.io/hostname";

test.each<[string, object, string[] | undefined]>([
  ["no selector", {}, undefined],
  ["a node by its name", { nodeName: "k3s2" }, ["k3s2"]],
  ["a hostname selector", { nodeSelector: { [hostname]: "k3s1" } }, ["k3s1"]],
  ["a hostname that does not exist", { nodeSelector: { [hostname]: "k3s9" } }, []],
  ["a label of one node", { nodeSelector: { search: "true" } }, ["k3s1"]],
  ["a label that the program does not set", { nodeSelector: { "kubernetes.io/os": "linux" } }, undefined],
  ["an unknown selector", { nodeSelector: unknown }, undefined],
  ["an unknown label value", { nodeSelector: { gpu: unknown } }, ["k3s2"]],
  ["two hostnames", required({ key: hostname, operator: "In", values: ["k3s1", "k3s3"] }), ["k3s1", "k3s3"]],
  [
    "an excluded hostname",
    required({ key: hostname, operator: "NotIn", values: ["k3s1"] }),
    ["k3s2", "k3s3"],
  ],
  ["an existing label", required({ key: "gpu", operator: "Exists" }), ["k3s2"]],
  ["a missing label", required({ key: "gpu", operator: "DoesNotExist" }), ["k3s1", "k3s3"]],
  [
    "a hostname or a label",
    required({ key: hostname, operator: "In", values: ["k3s3"] }, { key: "gpu", operator: "Exists" }),
    ["k3s2", "k3s3"],
  ],
  [
    "a hostname or a label that the program does not set",
    required(
      { key: hostname, operator: "In", values: ["k3s3"] },
      { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
    ),
    undefined,
  ],
  [
    "a label and the hostname of another node",
    { nodeSelector: { gpu: "t4" }, ...required({ key: hostname, operator: "In", values: ["k3s1"] }) },
    [],
  ],
])("selects nodes by %s", (_what, spec, names) =>
  expect(selectedNodes(pod(spec), nodes)?.map(({ name }) => name)).toEqual(names),
);

test("selects a node with unknown labels", () => {
  const all = [...nodes, node("k3s4", unknownValue)];
  expect(selectedNodes(pod({ nodeSelector: { gpu: "t4" } }), all)?.map(({ name }) => name)).toEqual([
    "k3s2",
    "k3s4",
  ]);
});
