import { expect, test } from "vitest";
import { unknownValue } from "../queries/known.ts";
import { deployment, resource, unknown } from "../testing/resources.ts";
import { boundTo, podCount, podRequests } from "./podRequests.ts";

const pod = (spec: object) => resource("kubernetes:core/v1:Pod", { spec });
const container = (resources: object, more: object = {}) => ({ name: "app", resources, ...more });

test("containers ask together; what runs before them asks one after another, unless it stays", () =>
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

test("a limit without a request is a request", () =>
  expect(podRequests(deployment({ resources: { limits: { cpu: 1, memory: "1Gi" } } }))).toEqual({
    cpu: 1,
    memory: 1024,
  }));

test("what is not known yet asks for nothing so far, and what makes no pods is no pod", () => {
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
])("a %s of %o has %i pods", (kind, spec, count) =>
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
  ["no wish at all", {}, undefined],
  ["a node by its name", { nodeName: "k3s2" }, ["k3s2"]],
  ["a host by selector", { nodeSelector: { [hostname]: "k3s1" } }, ["k3s1"]],
  ["a host that there is not", { nodeSelector: { [hostname]: "k3s9" } }, []],
  ["a label that one node declares", { nodeSelector: { search: "true" } }, ["k3s1"]],
  ["a label that comes from elsewhere", { nodeSelector: { "kubernetes.io/os": "linux" } }, undefined],
  ["a selector that is not known yet", { nodeSelector: unknown }, undefined],
  ["a value that is not known yet", { nodeSelector: { gpu: unknown } }, ["k3s2"]],
  [
    "one of two hosts",
    required({ key: hostname, operator: "In", values: ["k3s1", "k3s3"] }),
    ["k3s1", "k3s3"],
  ],
  ["any but one host", required({ key: hostname, operator: "NotIn", values: ["k3s1"] }), ["k3s2", "k3s3"]],
  ["a label, whatever it says", required({ key: "gpu", operator: "Exists" }), ["k3s2"]],
  ["no such label", required({ key: "gpu", operator: "DoesNotExist" }), ["k3s1", "k3s3"]],
  [
    "either a host or a label",
    required({ key: hostname, operator: "In", values: ["k3s3"] }, { key: "gpu", operator: "Exists" }),
    ["k3s2", "k3s3"],
  ],
  [
    "either a host or what is not known here",
    required(
      { key: hostname, operator: "In", values: ["k3s3"] },
      { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
    ),
    undefined,
  ],
  [
    "a label and a host that do not meet",
    { nodeSelector: { gpu: "t4" }, ...required({ key: hostname, operator: "In", values: ["k3s1"] }) },
    [],
  ],
])("%s binds a pod to its nodes", (_what, spec, names) =>
  expect(boundTo(pod(spec), nodes)?.map(({ name }) => name)).toEqual(names),
);

test("labels of a node that are not known yet may be the ones", () => {
  const all = [...nodes, node("k3s4", unknownValue)];
  expect(boundTo(pod({ nodeSelector: { gpu: "t4" } }), all)?.map(({ name }) => name)).toEqual([
    "k3s2",
    "k3s4",
  ]);
});
