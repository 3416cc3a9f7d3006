import { z } from "zod";
import { address, integer, name, oneOf } from "../fields.ts";

const asn = integer("an AS number", 1, 4_294_967_294, "N5");

export const ingress = z.strictObject({
  /** What serves the one Gateway. */
  gateway: oneOf(
    ["cilium", "traefik"],
    "write cilium or traefik; exactly one serves the Gateway",
    "N11",
  ).default("cilium"),
  /** How the network learns where an address of the pool is: by ARP on the nodes' segment, or from BGP. */
  announce: oneOf(["l2", "bgp"], "write l2, or bgp with the section lab:ingress.bgp", "N5").default("l2"),
  bgp: z
    .strictObject({
      /** The cluster's own AS number. */
      asn,
      /** The routers that the nodes peer with, by name. */
      peers: z.record(name("a BGP peer"), z.strictObject({ address: address("N5"), asn })),
      /** The nodes that announce; they get the label that the peering selects. */
      nodes: z.array(name("a node")),
    })
    .optional(),
});
