import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, resource, unknown } from "../testing/resources.ts";
import { bgpPeers } from "./bgpPeers.ts";

const peer = { "homelab/bgp": "peer" };
const node = (name: string, labels: unknown, role: unknown = "agent") =>
  resource("lab:node:PreparedNode", { role, address: "10.64.20.190", vlan: 120, labels }, { name });
const config = (nodeSelector?: unknown, name = "lab") =>
  object(
    "cilium.io/v2:CiliumBGPClusterConfig",
    { name },
    { spec: { ...(nodeSelector === undefined ? {} : { nodeSelector }), bgpInstances: unknown } },
    name,
  );
const expression = (key: string, operator: string, values?: unknown) =>
  config({ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] });
const byLabel = config({ matchLabels: peer });
const server = node("k3s1", {}, "server");

describePolicy(bgpPeers, {
  valid: [byLabel, server, node("k3s2", peer), node("k3s3", { ...peer, disk: "nvme" })],
  invalid: [
    [
      "an agent without the label of the selector",
      [byLabel, server, node("k3s2", peer), node("k3s3", { disk: "nvme" })],
      'k3s3.labels = {"disk":"nvme"}: does not match homelab/bgp=peer of CiliumBGPClusterConfig lab',
      "so k3s3 announces no route",
    ],
    [
      "an agent with another value of the label",
      [byLabel, node("k3s2", peer), node("k3s3", { "homelab/bgp": "no" })],
      'k3s3.labels = {"homelab/bgp":"no"}',
    ],
    [
      "a server without the label in a cluster without agents",
      [byLabel, node("k3s1", peer, "server"), node("k3s2", {}, "server")],
      "k3s2.labels = {}",
    ],
    [
      "a selector that matches no node",
      [byLabel, node("k3s2", {}), node("k3s3", {})],
      'lab.spec.nodeSelector = "homelab/bgp=peer": matches no node',
      "the labels of k3s2 are {}, the labels of k3s3 are {}",
    ],
    [
      "an unknown value in a selector that matches no node",
      [config({ matchLabels: { ...peer, rack: unknown } }), node("k3s2", {})],
      "homelab/bgp=peer, rack=(unknown)",
    ],
    ["a selector in a stack without nodes", [byLabel], "the stack has no node"],
    [
      "an empty selector in a stack without nodes",
      [config()],
      'nodeSelector = "every node": matches no node',
    ],
    [
      "an agent that an In requirement excludes",
      [
        expression("disk", "In", ["ssd", "nvme"]),
        node("k3s2", { disk: "ssd" }),
        node("k3s3", { disk: "hdd" }),
      ],
      "disk in (ssd, nvme)",
    ],
    [
      "an agent that a NotIn requirement excludes",
      [expression("disk", "NotIn", ["hdd"]), node("k3s2", {}), node("k3s3", { disk: "hdd" })],
      "disk notin (hdd)",
    ],
    [
      "an agent that an Exists requirement excludes",
      [expression("disk", "Exists"), node("k3s2", { disk: "" }), node("k3s3", {})],
      "does not match disk of",
    ],
    [
      "an agent that a DoesNotExist requirement excludes",
      [expression("disk", "DoesNotExist"), node("k3s2", {}), node("k3s3", { disk: "hdd" })],
      "does not match !disk of",
    ],
    [
      "an operator that does not exist",
      [expression("disk", "Equals", ["hdd"]), node("k3s3", {})],
      "matches no node",
    ],
    [
      "an agent that none of two configurations selects",
      [
        config({ matchLabels: { rack: "a" } }, "a"),
        config({ matchLabels: { rack: "b" } }, "b"),
        node("k3s1", { rack: "a" }),
        node("k3s2", { rack: "b" }),
        node("k3s3", { rack: "c" }),
      ],
      "rack=a of CiliumBGPClusterConfig a or rack=b of CiliumBGPClusterConfig b",
    ],
  ],
});

test("treats a missing or empty selector as every node (N5)", () => {
  for (const all of [config(), config({}), config({ matchLabels: {} })])
    expect(violationsOf(bgpPeers, [all, node("k3s2", {})])).toEqual([]);
});

test("matches the labels that the kubelet and K3s set (N5)", () => {
  const nodes = [node("k3s1", {}, "server"), node("k3s2", {}), node("k3s3", {})];
  expect(
    violationsOf(bgpPeers, [expression("kubernetes.io/hostname", "In", ["k3s2", "k3s3"]), ...nodes]),
  ).toEqual([]);
  expect(
    violationsOf(bgpPeers, [expression("node-role.kubernetes.io/control-plane", "DoesNotExist"), ...nodes]),
  ).toEqual([]);
  expect(
    violationsOf(bgpPeers, [expression("node-role.kubernetes.io/control-plane", "Exists"), ...nodes]),
  ).toHaveLength(2);
});

test("accepts unknown labels and selectors, and still checks the other nodes (N5)", () => {
  const later = [node("k3s2", unknown), node("k3s4", { "homelab/bgp": unknown })];
  expect(violationsOf(bgpPeers, [byLabel, ...later])).toEqual([]);
  expect(violationsOf(bgpPeers, [byLabel, ...later, node("k3s3", {})])).toMatchObject([
    { resource: { name: "k3s3" } },
  ]);
  expect(violationsOf(bgpPeers, [config(unknown), node("k3s3", {})])).toEqual([]);
  expect(violationsOf(bgpPeers, [expression("disk", "DoesNotExist"), node("k3s2", unknown)])).toEqual([]);
  const racked = config({ matchLabels: { ...peer, rack: unknown } });
  expect(
    violationsOf(bgpPeers, [racked, node("k3s2", { ...peer, rack: "a" }), node("k3s3", { rack: "a" })]),
  ).toMatchObject([{ resource: { name: "k3s3" } }]);
});
