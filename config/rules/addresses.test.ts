import { describe } from "vitest";
import { addresses } from "./addresses.ts";
import { testEdges } from "./testing/judge.ts";

const printer = (address: string) => ({ "lab:reserved": { printer: address } });
const cluster = (change: object) => ({ "lab:cluster": change });
const dhcp = (dhcpRange: string) => ({ "lab:networks": { k3s: { dhcpRange } } });
const bgpPool = (loadBalancerPool: string, ingressAddress: string) =>
  cluster({ loadBalancerPool, ingressAddress });

describe("addresses: usable addresses of a network (N2)", () =>
  testEdges(addresses, [
    ["accepts the last usable address of a network", printer("10.1.0.254")],
    ["rejects the broadcast address", printer("10.1.0.255"), "lab:reserved.printer: is not in any network"],
    ["rejects the network address", printer("10.1.0.0"), "lab:reserved.printer: is not in any network"],
    [
      "rejects a reserved gateway",
      printer("10.1.0.1"),
      "lab:reserved.printer: is already used by the gateway of management",
    ],
    ["accepts the last usable address as the API address (K5)", cluster({ apiAddress: "10.2.0.254" })],
    [
      "rejects the broadcast address as the API address (K5)",
      cluster({ apiAddress: "10.2.0.255" }),
      "lab:cluster.apiAddress: is outside 10.2.0.0/24",
    ],
    [
      "leaves a node on its gateway to the networks rule (N1)",
      { "lab:nodes": { one: { address: "10.2.0.1" } } },
    ],
    [
      "accepts a Proxmox host at the first usable address",
      {
        "lab:proxmox": { hosts: { pve: { address: "10.1.0.2" } } },
      },
    ],
    [
      "leaves a host in an unknown network to the references rule",
      { "lab:proxmox": { hosts: { pve: { network: "nowhere" } } } },
    ],
    ["accepts a lab without Proxmox", { "lab:proxmox": null }],
  ]));

describe("addresses: the LoadBalancer pool (N2)", () =>
  testEdges(addresses, [
    ["accepts the first address of the pool for the Gateway", cluster({ ingressAddress: "10.2.0.30" })],
    ["accepts the last address of the pool for the Gateway", cluster({ ingressAddress: "10.2.0.39" })],
    [
      "rejects the address before the pool",
      cluster({ ingressAddress: "10.2.0.29" }),
      "lab:cluster.ingressAddress: is outside the LoadBalancer pool 10.2.0.30-10.2.0.39",
    ],
    [
      "rejects the address after the pool",
      cluster({ ingressAddress: "10.2.0.40" }),
      "lab:cluster.ingressAddress: is outside the LoadBalancer pool",
    ],
    ["accepts a pool after the API address", cluster({ loadBalancerPool: "10.2.0.21-10.2.0.39" })],
    [
      "rejects a pool that begins at the API address (K5)",
      cluster({ loadBalancerPool: "10.2.0.20-10.2.0.39" }),
      "lab:cluster.apiAddress: is in the LoadBalancer pool, 10.2.0.20-10.2.0.39",
    ],
    ["accepts a pool up to the last usable address", cluster({ loadBalancerPool: "10.2.0.21-10.2.0.254" })],
    [
      "rejects a pool that contains the broadcast address",
      cluster({ loadBalancerPool: "10.2.0.21-10.2.0.255" }),
      "lab:cluster.loadBalancerPool: is only partly within the usable addresses of 10.2.0.0/24",
    ],
    ["accepts a pool outside every network", bgpPool("10.9.0.0/26", "10.9.0.30")],
    ["accepts the registry in the pool", { "lab:registry": { address: "10.2.0.31" } }],
    [
      "rejects the registry on the address of the Gateway",
      { "lab:registry": { address: "10.2.0.30" } },
      "lab:registry.address: is already used by the ingress address",
    ],
    [
      "rejects a pool of one address on the DHCP range",
      { ...dhcp("10.2.0.30-10.2.0.30"), ...bgpPool("10.2.0.30-10.2.0.30", "10.2.0.30") },
      "lab:cluster.ingressAddress: is already used by the DHCP range of k3s",
      "lab:cluster.loadBalancerPool: is already used by the DHCP range of k3s",
    ],
  ]));

describe("addresses: DHCP ranges (N2)", () =>
  testEdges(addresses, [
    ["accepts a range between the nodes and the API address", dhcp("10.2.0.16-10.2.0.19")],
    [
      "rejects a range that begins at a node",
      dhcp("10.2.0.15-10.2.0.19"),
      "lab:nodes.five.address: is in the DHCP range of k3s, 10.2.0.15-10.2.0.19",
    ],
    ["accepts a range that begins after the pool", dhcp("10.2.0.40-10.2.0.60")],
    [
      "rejects a range that begins at the last address of the pool",
      dhcp("10.2.0.39-10.2.0.60"),
      "lab:cluster.loadBalancerPool: overlaps the DHCP range of k3s, 10.2.0.39-10.2.0.60",
    ],
  ]));

describe("addresses: pod and service CIDRs (N2)", () =>
  testEdges(addresses, [
    [
      "accepts a /24 for each of four nodes",
      { "lab:nodes": { five: null }, ...cluster({ podCidr: "10.42.0.0/22" }) },
    ],
    [
      "rejects a pod CIDR that is one /24 too small",
      cluster({ podCidr: "10.42.0.0/22" }),
      "lab:cluster.podCidr: has 1024 addresses; 5 nodes need 1280, a /24 each",
    ],
    ["accepts a /22 for services", cluster({ serviceCidr: "10.43.0.0/22" })],
    [
      "rejects a /23 for services",
      cluster({ serviceCidr: "10.43.0.0/23" }),
      "lab:cluster.serviceCidr: has only 512 addresses",
    ],
    [
      "accepts pod and service CIDRs next to each other",
      cluster({ podCidr: "10.42.0.0/17", serviceCidr: "10.42.128.0/17" }),
    ],
    [
      "rejects a service CIDR in the pod CIDR",
      cluster({ serviceCidr: "10.42.128.0/17" }),
      "lab:cluster.serviceCidr: overlaps the pod CIDR, 10.42.0.0-10.42.255.255",
    ],
    [
      "reports a pod CIDR over a network once, and not for each address in the network",
      cluster({ podCidr: "10.2.0.0/16" }),
      "lab:cluster.podCidr: overlaps 10.2.0.0/24, the network k3s",
    ],
    [
      "reports a service CIDR over a network once",
      cluster({ serviceCidr: "10.1.0.0/16" }),
      "lab:cluster.serviceCidr: overlaps 10.1.0.0/24, the network management",
    ],
    [
      "rejects a pool in the pod CIDR, with the address of the Gateway",
      bgpPool("10.42.1.0/26", "10.42.1.5"),
      "lab:cluster.ingressAddress: is in the pod CIDR",
      "lab:cluster.podCidr: overlaps the LoadBalancer pool",
    ],
  ]));

describe("addresses: VM IDs (N2)", () =>
  testEdges(addresses, [
    [
      "rejects one VM ID for two machines, and names the first",
      { "lab:nodes": { two: { vm: { id: 114 } } } },
      "lab:nodes.two.vm.id: is already the VM ID of four",
    ],
    [
      "rejects one VM ID for three machines twice",
      { "lab:nodes": { two: { vm: { id: 114 } }, three: { vm: { id: 114 } } } },
      "lab:nodes.three.vm.id: is already the VM ID of four",
      "lab:nodes.two.vm.id: is already the VM ID of four",
    ],
  ]));
