import { describe } from "vitest";
import { nodeLabels } from "./nodeLabels.ts";
import { testEdges } from "./testing/judge.ts";

const labels = (node: string, change: object) => ({ "lab:nodes": { [node]: { labels: change } } });
const taints = (node: string, ...list: string[]) => ({ "lab:nodes": { [node]: { taints: list } } });
const at = (node: string, key: string) => `lab:nodes.${node}.labels.${key}:`;
const bgp = {
  "lab:ingress": {
    announce: "bgp",
    bgp: { asn: 64_512, peers: { router: { address: "10.2.0.1", asn: 64_513 } }, nodes: ["five", "four"] },
  },
};
const defaultDisk = "node.longhorn.io/create-default-disk";
const controlPlane = "node-role.kubernetes.io/control-plane";

describe("labels that Kubernetes sets (K6)", () =>
  testEdges(nodeLabels, [
    ["accepts a label of the owner", labels("five", { "lab.home/rack": "a", rack: "b" })],
    ["accepts a label that the kubelet may set", labels("five", { "topology.kubernetes.io/zone": "a" })],
    ["accepts a label of the kubelet's own prefix", labels("five", { "kubelet.kubernetes.io/x": "a" })],
    [
      "rejects another label of kubernetes.io",
      labels("five", { "node-role.kubernetes.io/worker": "" }),
      `${at("five", "node-role.kubernetes.io/worker")} is a label that Kubernetes does not allow a kubelet to set`,
    ],
    ["accepts the hostname that the kubelet sets", labels("five", { "kubernetes.io/hostname": "five" })],
    [
      "rejects another hostname",
      labels("five", { "kubernetes.io/hostname": "six" }),
      `${at("five", "kubernetes.io/hostname")} contradicts the kubelet, which sets "five"`,
    ],
  ]));

describe("the labels of Longhorn (S6)", () =>
  testEdges(nodeLabels, [
    [
      "accepts the values that the program sets on a node with disks",
      labels("five", { [defaultDisk]: "config", storage: "longhorn" }),
    ],
    [
      "rejects another value on a node with disks",
      labels("five", { storage: "fast" }),
      `${at("five", "storage")} contradicts the program, which sets "longhorn"`,
    ],
    ["accepts another value of storage on a node without disks", labels("one", { storage: "fast" })],
    [
      "rejects the value of Longhorn on a node without disks",
      labels("one", { storage: "longhorn" }),
      `${at("one", "storage")} is set manually, and the node has no disk`,
    ],
    [
      "rejects any value of Longhorn's own label on a node without disks",
      labels("one", { [defaultDisk]: "false" }),
      `${at("one", defaultDisk)} is set manually, and the node has no disk`,
    ],
  ]));

describe("the label of BGP (N5)", () =>
  testEdges(nodeLabels, [
    [
      "accepts the value that the program sets on an announcing node",
      { ...bgp, ...labels("five", { "lab.home/bgp": "announce" }) },
    ],
    [
      "rejects another value on an announcing node",
      { ...bgp, ...labels("five", { "lab.home/bgp": "no" }) },
      `${at("five", "lab.home/bgp")} contradicts the program, which sets "announce"`,
    ],
    [
      "rejects it on a node that does not announce",
      { ...bgp, ...labels("one", { "lab.home/bgp": "announce" }) },
      `${at("one", "lab.home/bgp")} is set manually, and lab:ingress.bgp.nodes does not list the node`,
    ],
    [
      "rejects it in a lab without BGP",
      labels("five", { "lab.home/bgp": "announce" }),
      `${at("five", "lab.home/bgp")} is set manually`,
    ],
  ]));

describe("taints (K6)", () =>
  testEdges(nodeLabels, [
    ["accepts one key with two effects", taints("five", "gpu=a:NoSchedule", "gpu=a:NoExecute")],
    [
      "rejects one key and effect twice",
      taints("five", "gpu=a:NoSchedule", "gpu:NoSchedule"),
      'lab:nodes.five.taints[1]: has the key and effect of "gpu=a:NoSchedule"',
    ],
    [
      "rejects a taint that Kubernetes sets",
      taints("five", "node.kubernetes.io/unreachable:NoExecute"),
      "lab:nodes.five.taints[0]: is a taint that Kubernetes sets and removes",
    ],
    ["accepts the taint of servers as the program sets it", taints("one", `${controlPlane}=:NoSchedule`)],
    [
      "rejects the taint of servers in another form",
      taints("one", `${controlPlane}:NoSchedule`),
      `lab:nodes.one.taints[0]: has the key and effect of "${controlPlane}=:NoSchedule", which the program sets on every server`,
    ],
    ["accepts the taint of servers on an agent", taints("five", `${controlPlane}:NoSchedule`)],
    ["accepts another effect on a server", taints("one", `${controlPlane}:NoExecute`)],
    [
      "accepts the taint of servers in a lab without agents",
      { "lab:nodes": { one: { taints: [`${controlPlane}:NoSchedule`] }, four: null, five: null } },
    ],
  ]));
