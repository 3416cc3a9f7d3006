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
      "a custom resource with an identity",
      [node("k3s1", { disks: { data1: { path: data1.path, diskUUID: "52ea" } } })],
      "k3s1.spec.disks.data1.diskUUID",
      "identity",
    ],
    [
      "an identity anywhere else in it, known or not",
      [node("k3s1", { diskUUID: unknown, disks: {} })],
      "k3s1.spec.diskUUID",
    ],
    [
      "a step with an identity",
      [declareStep("k3s1", [data1, { ...data2, diskUUID: "52ea" }])],
      "k3s1-declare-disks.stdin.DISKS_B64[1].diskUUID",
    ],
    [
      "two disks with one path in a custom resource",
      [node("k3s1", { disks: { data1: { path: "/mnt/a" }, data2: { path: "/mnt/a" } } })],
      'spec.disks = "/mnt/a" is the path of two disks',
    ],
    [
      "two disks with one path in a step",
      [declareStep("k3s1", [data1, { ...data2, path: data1.path }])],
      'stdin.DISKS_B64 = "/mnt/longhorn/data1" is the path of two disks',
    ],
    [
      "two disks with one name in a step",
      [declareStep("k3s1", [data1, { ...data2, name: data1.name }])],
      'stdin.DISKS_B64 = "data1" is the name of two disks',
    ],
    ["disks that are no list", [declareStep("k3s1", "{}")], "is no list of disks"],
    ["disks that are no JSON", [declareStep("k3s1", "")], "is no list of disks"],
    [
      "a node that two steps declare",
      [declareStep("k3s1", [data1], "first"), declareStep("k3s1", [data2], "second")],
      'second.stdin.DISKS_B64 = "k3s1" is declared twice, here and by first',
    ],
    [
      "a node that a step and a custom resource declare",
      [declareStep("k3s1", [data1]), node("k3s1", { disks: { data2: { path: data2.path } } })],
      "declared twice, here and by k3s1-declare-disks",
    ],
    [
      "disks that Longhorn finds by itself",
      [longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: false } } })],
      "longhorn.values.defaultSettings.createDefaultDiskLabeledNodes = false",
    ],
    [
      "the same in a word",
      [longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: "false" } } })],
      'createDefaultDiskLabeledNodes = "false"',
    ],
    [
      "the chart's default, which is to find them",
      [longhorn({ values: { defaultSettings: {} } })],
      "longhorn.values.defaultSettings.createDefaultDiskLabeledNodes lets",
    ],
  ],
});

test("a step whose settings are not known yet is judged when they are", () =>
  expect(
    violationsOf(declaredDisks, [
      resource("command:remote:Command", {
        create: "sudo /opt/homelab/guest/declare-disks.sh",
        stdin: unknown,
      }),
      resource("command:remote:Command", { create: unknown, stdin: unknown }),
    ]),
  ).toEqual([]));

test("a chart that takes words for switches may have this one as a word", () =>
  expect(
    violationsOf(declaredDisks, [
      longhorn({ values: { defaultSettings: { createDefaultDiskLabeledNodes: "true" } } }),
    ]),
  ).toEqual([]));
