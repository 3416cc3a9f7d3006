/** Somebody whom a network policy can name. */
export type Peer =
  /** What the Gateway's proxy sends on. */
  | { readonly gateway: true }
  /** The Kubernetes API, wherever it comes from: a server's own address, or K3s' tunnel to the node. */
  | { readonly api: true }
  /** Pods of a namespace; all of them where no labels are given. */
  | { readonly namespace: string; readonly pods?: Readonly<Record<string, string>> }
  /** Every pod of the cluster. */
  | { readonly cluster: true }
  /** Anything outside the cluster, the lab's own networks too. */
  | { readonly world: true }
  /** Addresses outside the cluster, in CIDR form. */
  | { readonly cidrs: readonly string[] };

/** One hole in a namespace that is otherwise shut. */
export interface NetworkRule {
  /** What it is for, as its policy's name. */
  readonly name: string;
  /** The namespace's pods that it holds for; all of them where left out. */
  readonly pods?: Readonly<Record<string, string>>;
  readonly direction: "from" | "to";
  readonly peer: Peer;
  /** TCP ports of the pods at the receiving end, not of a service; every port where empty. */
  readonly ports: readonly number[];
  /** UDP ports beside them; none where left out. */
  readonly udpPorts?: readonly number[];
}

/**
 * The rule of a CiliumNetworkPolicy for an opening. Not of a NetworkPolicy: that one can name neither the Gateway's
 * proxy nor the API, which have no pods and whose addresses move.
 */
export function networkRuleSpec({
  pods,
  direction,
  peer,
  ports,
  udpPorts = [],
}: NetworkRule): Readonly<Record<string, unknown>> {
  const tcp = ports.map((port) => ({ port: String(port), protocol: "TCP" }));
  const open = [...tcp, ...udpPorts.map((port) => ({ port: String(port), protocol: "UDP" }))];
  const rule = { ...selector(direction, peer), ...(open.length === 0 ? {} : { toPorts: [{ ports: open }] }) };
  return {
    endpointSelector: pods === undefined ? {} : { matchLabels: pods },
    ...(direction === "from" ? { ingress: [rule] } : { egress: [rule] }),
  };
}

function selector(direction: "from" | "to", peer: Peer): Readonly<Record<string, unknown>> {
  if ("namespace" in peer) {
    const labels = { "k8s:io.kubernetes.pod.namespace": peer.namespace, ...peer.pods };
    return { [`${direction}Endpoints`]: [{ matchLabels: labels }] };
  }
  if ("cidrs" in peer) return { [`${direction}CIDR`]: peer.cidrs };
  const entities =
    "gateway" in peer ? ["ingress"] : "cluster" in peer ? ["cluster"] : "world" in peer ? ["world"] : api;
  return { [`${direction}Entities`]: entities };
}

const api = ["kube-apiserver", "remote-node", "host"];

/** Every pod may ask the cluster's DNS. */
export const dnsSpec: Readonly<Record<string, unknown>> = {
  endpointSelector: {},
  egress: [
    {
      toEndpoints: [
        { matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns" } },
      ],
      toPorts: [
        {
          ports: [
            { port: "53", protocol: "UDP" },
            { port: "53", protocol: "TCP" },
          ],
        },
      ],
    },
  ],
};
