import { controlPlaneLabel } from "../../catalog/annotations.ts";
import { bgpLabel, type Lab } from "../../config/lab.ts";
import { formatAddress, parseRange } from "../../config/ranges.ts";
import type { PlainManifest } from "../kubernetes/manifest.ts";

/** The pool that services of type LoadBalancer get their addresses from. */
export function loadBalancerPool(lab: Lab): PlainManifest {
  const range = parseRange(lab.config.cluster.loadBalancerPool);
  if (range === undefined)
    throw new Error(
      "lab:cluster.loadBalancerPool is not a range, and the configuration rules did not report it",
    );
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumLoadBalancerIPPool",
    metadata: { name: "lab" },
    spec: { blocks: [{ start: formatAddress(range.first), stop: formatAddress(range.last) }] },
  };
}

/** The resources that announce the pool to the network outside the cluster, by ARP or by BGP. */
export function announcements(lab: Lab): PlainManifest[] {
  return lab.config.ingress.announce === "l2" ? [l2Policy(lab)] : bgpPeering(lab);
}

/** One node answers ARP requests for each address; when it fails, another node takes over. */
function l2Policy(lab: Lab): PlainManifest {
  return {
    apiVersion: "cilium.io/v2alpha1",
    kind: "CiliumL2AnnouncementPolicy",
    metadata: { name: "lab" },
    spec: {
      loadBalancerIPs: true,
      // Servers do not forward traffic while there are agents.
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

function bgpPeering(lab: Lab): PlainManifest[] {
  const { bgp } = lab.config.ingress;
  if (bgp === undefined)
    throw new Error("lab:ingress.bgp is missing, and the configuration rules did not report it");
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
            // Every service without this label.
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
        // The router keeps the routes while the agent of a node restarts.
        gracefulRestart: { enabled: true, restartTimeSeconds: 120 },
        families: [{ afi: "ipv4", safi: "unicast", advertisements: { matchLabels: advertise } }],
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPClusterConfig",
      metadata: { name: "lab" },
      spec: {
        // K3s sets this label on every announcing node (N5).
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
