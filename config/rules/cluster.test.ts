import { describe } from "vitest";
import { cluster } from "./cluster.ts";
import { testEdges } from "./testing/judge.ts";

const roles = (role: string, ...names: string[]) => ({
  "lab:nodes": Object.fromEntries(names.map((name) => [name, { role }])),
});
const exempt = {
  "lab:exemptions": [{ lesson: "K1", reason: "the third server arrives in the spring" }],
};

describe("the servers of the cluster (K1, K5)", () =>
  testEdges(cluster, [
    ["accepts five servers", roles("server", "four", "five")],
    ["rejects four servers", roles("server", "four"), "lab:nodes: has 4 servers (four, one, three, two)"],
    ["rejects two servers", roles("agent", "one"), "lab:nodes: has 2 servers (three, two)"],
    ["rejects one server", roles("agent", "one", "two"), "lab:nodes: has 1 server (three)"],
    ["accepts two servers with an exemption", { ...roles("agent", "one"), ...exempt }],
    ["accepts one server with an exemption", { ...roles("agent", "one", "two"), ...exempt }],
    [
      "rejects a cluster without servers in spite of an exemption",
      { ...roles("agent", "one", "two", "three"), ...exempt },
      "lab:nodes: has 0 servers (none)",
    ],
    [
      "rejects two servers whose exemption names a node",
      {
        ...roles("agent", "one"),
        "lab:exemptions": [{ lesson: "K1", name: "two", reason: "the third server arrives in the spring" }],
      },
      "lab:nodes: has 2 servers",
    ],
    ["accepts agents in another network", { "lab:nodes": { five: { network: "management" } } }],
    [
      "rejects servers in two networks",
      { "lab:nodes": { three: { network: "management" } } },
      "lab:nodes: has servers on k3s and management",
    ],
  ]));

describe("the kubelet directory (K3)", () => {
  const directory = (kubeletDirectory: string) => ({ "lab:cluster": { kubeletDirectory } });
  testEdges(cluster, [
    ["accepts that of older K3s releases", directory("/var/lib/rancher/k3s/agent/kubelet")],
    [
      "rejects a directory whose name only begins with kubelet",
      directory("/var/lib/kubelet-data"),
      "lab:cluster.kubeletDirectory: is not a kubelet directory",
    ],
    [
      "rejects a directory whose name only ends with kubelet",
      directory("/var/lib/mykubelet"),
      "lab:cluster.kubeletDirectory: is not a kubelet directory",
    ],
  ]);
});
