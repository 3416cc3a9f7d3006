import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { address, integer, name, oneOf } from "../fields.ts";

const asn = () => integer("an AS number", 1, 4_294_967_294, "N5");
const sessions = "Cilium restarts the BGP sessions at once.";

const peer = fields({
  address: field(address("N5"), {
    meaning: "IPv4 address of the router.",
    example: "10.20.2.1",
    change: sessions,
  }),
  asn: field(asn(), {
    meaning: "AS number of the router.",
    unit: "none",
    example: 64_513,
    change: sessions,
  }),
});

export const ingress = fields({
  gatewayClass: field(
    oneOf(["cilium", "traefik"], "write cilium or traefik; exactly one serves the Gateway", "N11").default(
      "cilium",
    ),
    {
      meaning: "GatewayClass of the lab's Gateway (N11).",
      example: "traefik",
      change:
        "The Gateway changes its class, and Cilium restarts on one node after another. All services are unreachable for some minutes.",
    },
  ),
  announce: field(
    oneOf(["l2", "bgp"], "write l2, or bgp with the section lab:ingress.bgp", "N5").default("l2"),
    {
      meaning:
        "How the network learns the addresses of `lab:cluster.loadBalancerPool`. `l2`: by ARP on the nodes' network. `bgp`: from BGP sessions.",
      example: "bgp",
      change:
        "Cilium restarts on one node after another, K3s on the nodes that get the BGP label. The pool is unreachable until the routers know the new paths.",
    },
  ),
  bgp: section(
    fields({
      asn: field(asn(), {
        meaning: "AS number of the cluster.",
        unit: "none",
        example: 64_512,
        change: sessions,
      }),
      peers: section(z.record(name("a BGP peer"), peer), {
        meaning: "Routers that the nodes peer with, by name.",
        change: sessions,
      }),
      nodes: field(z.array(name("a node")), {
        meaning:
          "Nodes that announce addresses: every node that runs workloads. They get the label that the peering selects.",
        example: ["worker1", "worker2"],
        change: "K3s restarts on a new node and sets the label; the node then starts its BGP sessions.",
      }),
    }).optional(),
    {
      meaning: "BGP peering, required with `announce: bgp`.",
      omitted: "The addresses are announced by ARP.",
      change: sessions,
    },
  ),
});
