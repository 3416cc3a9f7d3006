import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, resource, unknown } from "../testing/resources.ts";
import { declareStep, longhorn } from "../testing/storageResources.ts";
import { declaredDisks } from "./declaredDisks.ts";

const data1 = { name: "data1", path: "/mnt/longhorn/data1", allowScheduling: true, tags: [] };
const data2 = { ...data1, name: "data2", path: "/mnt/longhorn/data2" };

const node = (name: string, spec: object) =>
  object("longhorn.io/v1beta2:Node", { namespace: "longhorn-system", name, uid: unknown }, { spec }, name);

describePolicy(declaredDisks, {
  valid: [
    declareStep("k3s1", [data1, data2]),
    declareStep("k3s2", [data1]),
    node("k3s3", { disks: { data1: { path: data1.path }, data2: { path: data2.path } } }),
    node("k3s4", { disks: unknown }),
    longhorn(),
    longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: unknown } } }),
  ],
  invalid: [
    [
      "a Longhorn node with a diskUUID",
      [node("k3s1", { disks: { data1: { path: data1.path, diskUUID: "52ea" } } })],
      "k3s1.spec.disks.data1.diskUUID: is the ID that Longhorn has written on one disk",
    ],
    [
      "an unknown diskUUID in another field",
      [node("k3s1", { diskUUID: unknown, disks: {} })],
      "k3s1.spec.diskUUID",
    ],
    [
      "a command with a diskUUID",
      [declareStep("k3s1", [data1, { ...data2, diskUUID: "52ea" }])],
      "k3s1-declare-disks.stdin.DISKS_B64[1].diskUUID",
    ],
    [
      "two disks with one path in a Longhorn node",
      [node("k3s1", { disks: { data1: { path: "/mnt/a" }, data2: { path: "/mnt/a" } } })],
      'spec.disks = "/mnt/a": is the path of two disks',
    ],
    [
      "two disks with one path in a command",
      [declareStep("k3s1", [data1, { ...data2, path: data1.path }])],
      'stdin.DISKS_B64 = "/mnt/longhorn/data1": is the path of two disks',
    ],
    [
      "two disks with one name in a command",
      [declareStep("k3s1", [data1, { ...data2, name: data1.name }])],
      'stdin.DISKS_B64 = "data1": is the name of two disks',
    ],
    ["disks that are not a list", [declareStep("k3s1", "{}")], "is not a list of disks"],
    ["disks that are not JSON", [declareStep("k3s1", "")], "is not a list of disks"],
    [
      "a node whose disks two commands declare",
      [declareStep("k3s1", [data1], "first"), declareStep("k3s1", [data2], "second")],
      'second.stdin.DISKS_B64 = "k3s1": is a node whose disks first already declares',
    ],
    [
      "a node whose disks a command and a Longhorn node declare",
      [declareStep("k3s1", [data1]), node("k3s1", { disks: { data2: { path: data2.path } } })],
      "is a node whose disks k3s1-declare-disks already declares",
    ],
    [
      "default disks on all nodes",
      [longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: false } } })],
      "longhorn.values.defaultSettings.createDefaultDiskLabeledNodes = false: is not true",
    ],
    [
      "default disks on all nodes, as text",
      [longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: "false" } } })],
      'createDefaultDiskLabeledNodes = "false"',
    ],
    [
      "the chart's default, which creates default disks on all nodes",
      [longhorn({ values: { defaultSettings: {} } })],
      "longhorn.values.defaultSettings.createDefaultDiskLabeledNodes: is not true",
    ],
  ],
});

test("accepts commands with unknown settings (S5)", () =>
  expect(
    violationsOf(declaredDisks, [
      resource("command:remote:Command", {
        create: "sudo /opt/homelab/guest/declare-disks.sh",
        stdin: unknown,
      }),
      resource("command:remote:Command", { create: unknown, stdin: unknown }),
    ]),
  ).toEqual([]));

test("accepts createDefaultDiskLabeledNodes as text (S5)", () =>
  expect(
    violationsOf(declaredDisks, [
      longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: "true" } } }),
    ]),
  ).toEqual([]));
