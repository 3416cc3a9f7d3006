import { expect, test } from "vitest";
import { preparedNodeType } from "../../components/node/preparedNodeType.ts";
import { breachesOf, describePolicy, object, resource, unknown } from "../testing/testing.ts";
import { bgpPeers } from "./bgpPeers.ts";

const peer = { "homelab/bgp": "peer" };
const node = (name: string, labels: unknown, role: unknown = "agent") =>
  resource(preparedNodeType, { role, address: "10.88.145.190", vlan: 145, labels }, { name });
const config = (nodeSelector?: unknown, name = "lab") =>
  object(
    "cilium.io/v2:CiliumBGPClusterConfig",
    { name },
    { spec: { ...(nodeSelector === undefined ? {} : { nodeSelector }), bgpInstances: unknown } },
    name,
  );
const asks = (key: string, operator: string, values?: unknown) =>
  config({ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] });
const byLabel = config({ matchLabels: peer });
const server = node("k3s1", {}, "server");

describePolicy(bgpPeers, {
  good: [byLabel, server, node("k3s2", peer), node("k3s3", { ...peer, disk: "nvme" })],
  broken: [
    [
      "an agent without the label",
      [byLabel, server, node("k3s2", peer), node("k3s3", { disk: "nvme" })],
      'k3s3.labels = {"disk":"nvme"}',
      "does not match homelab/bgp=peer of CiliumBGPClusterConfig",
      "k3s3 announces nothing",
    ],
    [
      "an agent with another value",
      [byLabel, node("k3s2", peer), node("k3s3", { "homelab/bgp": "no" })],
      'k3s3.labels = {"homelab/bgp":"no"}',
    ],
    [
      "a server without the label where all are servers",
      [byLabel, node("k3s1", peer, "server"), node("k3s2", {}, "server")],
      "k3s2.labels = {}",
    ],
    [
      "a selector for no node",
      [byLabel, node("k3s2", {}), node("k3s3", {})],
      'lab.spec.nodeSelector = "homelab/bgp=peer"',
      "matches no node",
      "k3s2 has {}, k3s3 has {}",
    ],
    ["a selector without nodes", [byLabel], "there is no node"],
    [
      "In",
      [asks("disk", "In", ["ssd", "nvme"]), node("k3s2", { disk: "ssd" }), node("k3s3", { disk: "hdd" })],
      "disk in (ssd, nvme)",
    ],
    [
      "NotIn",
      [asks("disk", "NotIn", ["hdd"]), node("k3s2", {}), node("k3s3", { disk: "hdd" })],
      "disk notin (hdd)",
    ],
    [
      "Exists",
      [asks("disk", "Exists"), node("k3s2", { disk: "" }), node("k3s3", {})],
      "does not match disk of",
    ],
    [
      "DoesNotExist",
      [asks("disk", "DoesNotExist"), node("k3s2", {}), node("k3s3", { disk: "hdd" })],
      "does not match !disk of",
    ],
    ["an operator that is none", [asks("disk", "Equals", ["hdd"]), node("k3s3", {})], "matches no node"],
    [
      "an agent that neither of two configurations selects",
      [
        config({ matchLabels: { rack: "a" } }, "a"),
        config({ matchLabels: { rack: "b" } }, "b"),
        node("k3s1", { rack: "a" }),
        node("k3s2", { rack: "b" }),
        node("k3s3", { rack: "c" }),
      ],
      "rack=a of CiliumBGPClusterConfig a, nor rack=b",
    ],
  ],
});

test("no selector, or an empty one, is every node", () => {
  for (const all of [config(), config({}), config({ matchLabels: {} })])
    expect(breachesOf(bgpPeers, [all, node("k3s2", {})])).toEqual([]);
});

test("labels that the kubelet and K3s set count", () => {
  const nodes = [node("k3s1", {}, "server"), node("k3s2", {}), node("k3s3", {})];
  expect(breachesOf(bgpPeers, [asks("kubernetes.io/hostname", "In", ["k3s2", "k3s3"]), ...nodes])).toEqual(
    [],
  );
  expect(
    breachesOf(bgpPeers, [asks("node-role.kubernetes.io/control-plane", "DoesNotExist"), ...nodes]),
  ).toEqual([]);
  expect(
    breachesOf(bgpPeers, [asks("node-role.kubernetes.io/control-plane", "Exists"), ...nodes]),
  ).toHaveLength(2);
});

test("labels not known yet may match; the node beside them is still judged", () => {
  const later = [node("k3s2", unknown), node("k3s4", { "homelab/bgp": unknown })];
  expect(breachesOf(bgpPeers, [byLabel, ...later])).toEqual([]);
  expect(breachesOf(bgpPeers, [byLabel, ...later, node("k3s3", {})])).toMatchObject([
    { resource: { name: "k3s3" } },
  ]);
  expect(breachesOf(bgpPeers, [config(unknown), node("k3s3", {})])).toEqual([]);
  expect(breachesOf(bgpPeers, [asks("disk", "DoesNotExist"), node("k3s2", unknown)])).toEqual([]);
  const racked = config({ matchLabels: { ...peer, rack: unknown } });
  expect(
    breachesOf(bgpPeers, [racked, node("k3s2", { ...peer, rack: "a" }), node("k3s3", { rack: "a" })]),
  ).toMatchObject([{ resource: { name: "k3s3" } }]);
});
