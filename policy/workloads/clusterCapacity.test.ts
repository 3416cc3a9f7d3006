import { expect, test } from "vitest";
import { object, unknown } from "../testing/resources.ts";
import { labNode } from "../testing/storageResources.ts";
import { clusterCapacity, nodeCapacities } from "./clusterCapacity.ts";

const server = labNode("server", { role: "server", memoryMiB: 1000, cores: 1 });
const agent = labNode("agent", { memoryMiB: 10_000, cores: 5 });
const quota = (namespace: string, hard: object) =>
  object("core/v1:ResourceQuota", { namespace, name: "quota" }, { spec: { hard } }, namespace);
const memory = (...resources: Parameters<typeof clusterCapacity>[0]) => clusterCapacity(resources)[0];

test("returns the capacity of a node and the part that pods can use", () =>
  expect(nodeCapacities([agent])).toMatchObject([
    {
      name: "agent",
      role: "agent",
      capacity: { memory: 10_000, cpu: 5 },
      allocatable: { memory: 8800, cpu: 4.4 },
    },
  ]));

test.each(["memoryMiB", "cores"])("omits a node whose %s is unknown", (field) =>
  expect(nodeCapacities([labNode("agent", { [field]: unknown })])).toEqual([]),
);

test("counts the agents, or the servers of a cluster without agents", () => {
  expect(memory(server, agent)?.workers.map(({ name }) => name)).toEqual(["agent"]);
  expect(memory(server)?.workers.map(({ name }) => name)).toEqual(["server"]);
  expect(clusterCapacity([])).toEqual([]);
});

test("adds the quotas of all namespaces, the largest first, and ignores limits", () => {
  const capacity = memory(
    agent,
    quota("a", { "requests.memory": "1Gi" }),
    quota("b", { memory: "2Gi" }),
    quota("c", { "limits.memory": "9Gi" }),
    quota("d", { "requests.memory": unknown }),
  );
  expect(capacity).toMatchObject({ capacity: 10_000, allocatable: 8800, requested: 3072 });
  expect(capacity?.quotas.map(({ resource, field }) => [resource.name, field])).toEqual([
    ["b", 'spec.hard["memory"]'],
    ["a", 'spec.hard["requests.memory"]'],
  ]);
});
