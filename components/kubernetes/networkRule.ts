/** Cilium's name for peers that are not pods of one namespace. */
export type Entity =
  /** The Gateway's proxy (Envoy of Cilium). */
  | "ingress"
  /** The API servers' own addresses. */
  | "kube-apiserver"
  /** The node of the pod. */
  | "host"
  /** Every other node of the cluster. */
  | "remote-node"
  /** Every endpoint of the cluster: pods and nodes. */
  | "cluster"
  /** Everything outside the cluster, the lab's own networks included. */
  | "world";

/** The other end of a connection. */
export type Peer =
  | { readonly entities: readonly Entity[] }
  /** Pods of a namespace. Default: all of them. */
  | { readonly namespace: string; readonly pods?: Readonly<Record<string, string>> }
  /** Addresses outside the cluster, in CIDR notation. */
  | { readonly cidrs: readonly string[] };

/**
 * The Kubernetes API as client and as server: a server's own address, or K3s' tunnel, whose traffic comes from the pod's
 * node or from another node.
 */
export const kubernetesApi: Peer = { entities: ["kube-apiserver", "remote-node", "host"] };

/** Ports of the Kubernetes API: of its service, of a server, and of the load balancer that K3s runs on every node. */
export const kubernetesApiPorts: readonly number[] = [443, 6443, 6444];

/** One connection that a namespace allows, on top of its default-deny policy. */
export interface NetworkRule {
  /** Name of the CiliumNetworkPolicy. */
  readonly name: string;
  /** Labels of the namespace's pods that the rule selects. Default: all of them. */
  readonly pods?: Readonly<Record<string, string>>;
  /** Whether the peer connects to the pods (ingress) or the pods to the peer (egress). */
  readonly direction: "ingress" | "egress";
  readonly peer: Peer;
  /** Ports of the receiving pods, not of a service. Empty: every port. */
  readonly ports: readonly Port[];
}

/** A number is a TCP port. */
export type Port = number | { readonly port: number; readonly protocol: "UDP" };

export const udp = (port: number): Port => ({ port, protocol: "UDP" });

/** The specification of a CiliumNetworkPolicy. */
export function networkRuleSpec({
  pods,
  direction,
  peer,
  ports,
}: NetworkRule): Readonly<Record<string, unknown>> {
  const allowed = ports.map((each) =>
    typeof each === "number"
      ? { port: String(each), protocol: "TCP" }
      : { port: String(each.port), protocol: each.protocol },
  );
  const rule = {
    ...peerSelector(direction, peer),
    ...(allowed.length === 0 ? {} : { toPorts: [{ ports: allowed }] }),
  };
  return {
    endpointSelector: pods === undefined ? {} : { matchLabels: pods },
    [direction]: [rule],
  };
}

function peerSelector(direction: NetworkRule["direction"], peer: Peer): Readonly<Record<string, unknown>> {
  const prefix = direction === "ingress" ? "from" : "to";
  if ("entities" in peer) return { [`${prefix}Entities`]: peer.entities };
  if ("cidrs" in peer) return { [`${prefix}CIDR`]: peer.cidrs };
  const labels = { "k8s:io.kubernetes.pod.namespace": peer.namespace, ...peer.pods };
  return { [`${prefix}Endpoints`]: [{ matchLabels: labels }] };
}

/** Every pod of the namespace may query the cluster's DNS. */
export const dnsRule: NetworkRule = {
  name: "dns",
  direction: "egress",
  peer: { namespace: "kube-system", pods: { "k8s-app": "kube-dns" } },
  ports: [udp(53), 53],
};
