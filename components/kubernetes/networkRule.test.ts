import { expect, test } from "vitest";
import { type NetworkRule, networkRuleSpec } from "./networkRule.ts";

const pods = { app: "web" };
const from = (peer: NetworkRule["peer"], ports = [8080]): NetworkRule => ({
  name: "it",
  pods,
  direction: "from",
  peer,
  ports,
});

test("lets a peer in to some pods on some ports, and to nothing else", () =>
  expect(networkRuleSpec(from({ gateway: true }))).toEqual({
    endpointSelector: { matchLabels: { app: "web" } },
    ingress: [{ fromEntities: ["ingress"], toPorts: [{ ports: [{ port: "8080", protocol: "TCP" }] }] }],
  }));

test("lets all pods out to a peer", () =>
  expect(
    networkRuleSpec({ name: "it", direction: "to", peer: { cidrs: ["10.0.0.5/32"] }, ports: [] }),
  ).toEqual({
    endpointSelector: {},
    egress: [{ toCIDR: ["10.0.0.5/32"] }],
  }));

test.each<[string, NetworkRule["peer"], object]>([
  [
    "the API, by every way that it comes",
    { api: true },
    { fromEntities: ["kube-apiserver", "remote-node", "host"] },
  ],
  ["every pod", { cluster: true }, { fromEntities: ["cluster"] }],
  ["the world", { world: true }, { fromEntities: ["world"] }],
  [
    "pods of a namespace",
    { namespace: "monitoring", pods: { app: "prometheus" } },
    {
      fromEndpoints: [
        { matchLabels: { "k8s:io.kubernetes.pod.namespace": "monitoring", app: "prometheus" } },
      ],
    },
  ],
  [
    "a whole namespace",
    { namespace: "monitoring" },
    { fromEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "monitoring" } }] },
  ],
])("names %s", (_, peer, rule) => expect(networkRuleSpec(from(peer, []))).toMatchObject({ ingress: [rule] }));
