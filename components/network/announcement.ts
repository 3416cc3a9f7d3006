import { controlPlaneLabel } from "../../catalog/annotations.ts";
import { bgpLabel, type Lab } from "../../config/lab.ts";
import { formatAddress, parseRange } from "../../config/ranges.ts";

/** A custom resource before it is one: what it is, and what it holds. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The addresses that services of type LoadBalancer get. */
export function loadBalancerPool(lab: Lab): Manifest {
  const range = parseRange(lab.config.cluster.loadBalancerPool);
  if (range === undefined) throw new Error("the configuration rules let a pool through that is no range");
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumLoadBalancerIPPool",
    metadata: { name: "lab" },
    spec: { blocks: [{ start: formatAddress(range.first), stop: formatAddress(range.last) }] },
  };
}

/** How the network outside learns where those addresses are. */
export function announcements(lab: Lab): Manifest[] {
  return lab.config.ingress.announce === "l2" ? [l2Policy(lab)] : bgpPeering(lab);
}

/** One node answers ARP for each address; another takes over when it is gone. */
function l2Policy(lab: Lab): Manifest {
  return {
    apiVersion: "cilium.io/v2alpha1",
    kind: "CiliumL2AnnouncementPolicy",
    metadata: { name: "lab" },
    spec: {
      loadBalancerIPs: true,
      // Servers stay out of the data path where others can do it.
      ...(lab.agents.length > 0
        ? {
            nodeSelector: {
              matchExpressions: [{ key: controlPlaneLabel, operator: "DoesNotExist" }],
            },
          }
        : {}),
    },
  };
}

function bgpPeering(lab: Lab): Manifest[] {
  const { bgp } = lab.config.ingress;
  if (bgp === undefined) throw new Error("the configuration rules let BGP through without its section");
  const advertise = { advertise: "lab" };
  return [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPAdvertisement",
      metadata: { name: "lab", labels: advertise },
      spec: {
        advertisements: [
          {
            advertisementType: "Service",
            service: { addresses: ["LoadBalancerIP"] },
            // Every service that does not say otherwise.
            selector: { matchExpressions: [{ key: "lab.home/not-announced", operator: "DoesNotExist" }] },
          },
        ],
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPPeerConfig",
      metadata: { name: "lab" },
      spec: {
        // The router keeps the routes while an agent restarts.
        gracefulRestart: { enabled: true, restartTimeSeconds: 120 },
        families: [{ afi: "ipv4", safi: "unicast", advertisements: { matchLabels: advertise } }],
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPClusterConfig",
      metadata: { name: "lab" },
      spec: {
        // The label that K3s puts on every announcing node (N5).
        nodeSelector: { matchLabels: { [bgpLabel.key]: bgpLabel.value } },
        bgpInstances: [
          {
            name: "lab",
            localASN: bgp.asn,
            peers: Object.entries(bgp.peers).map(([name, peer]) => ({
              name,
              peerASN: peer.asn,
              peerAddress: peer.address,
              peerConfigRef: { name: "lab" },
            })),
          },
        ],
      },
    },
  ];
}
