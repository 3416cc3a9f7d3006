import { expect, test } from "vitest";
import { resource, unknown } from "../testing/resources.ts";
import { disk, labNode } from "../testing/storageResources.ts";
import { disksOf, isNode } from "./labNodes.ts";

test("recognizes a node by its component type", () => {
  expect(isNode(labNode("k3s1"))).toBe(true);
  expect(isNode(resource("lab:k3s:Cluster", {}))).toBe(false);
});

test("returns the disks of a node with their size and tags", () =>
  expect(disksOf(labNode("k3s1", { disks: [disk(100, "nvme"), { name: "data2", sizeGiB: 0.5 }] }))).toEqual([
    { node: "k3s1", name: "data1", sizeGiB: 100, tags: ["nvme"] },
    { node: "k3s1", name: "data2", sizeGiB: 0.5, tags: [] },
  ]));

test("returns no disks for a node without any", () => {
  expect(disksOf(labNode("k3s1", { disks: [] }))).toEqual([]);
  expect(disksOf(resource("lab:node:PreparedNode", {}))).toEqual([]);
});

test.each([
  ["the list of disks", unknown],
  ["a disk", [disk(), unknown]],
  ["the size of a disk", [{ name: "data1", sizeGiB: unknown, tags: [] }]],
])("returns undefined where %s is unknown", (_what, disks) =>
  expect(disksOf(labNode("k3s1", { disks }))).toBeUndefined(),
);
