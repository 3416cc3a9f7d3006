import { describe, expect, test } from "vitest";
import { dnsRule, kubernetesApi, type NetworkRule, networkRuleSpec, type Peer, udp } from "./networkRule.ts";

const rule = (change: Partial<NetworkRule>): NetworkRule => ({
  name: "it",
  direction: "ingress",
  peer: { entities: ["world"] },
  ports: [],
  ...change,
});

describe("networkRuleSpec", () => {
  test("selects pods by label and allows the listed TCP ports only", () =>
    expect(
      networkRuleSpec(rule({ pods: { app: "web" }, peer: { entities: ["ingress"] }, ports: [8080] })),
    ).toEqual({
      endpointSelector: { matchLabels: { app: "web" } },
      ingress: [{ fromEntities: ["ingress"], toPorts: [{ ports: [{ port: "8080", protocol: "TCP" }] }] }],
    }));

  test("selects every pod and allows every port by default", () =>
    expect(networkRuleSpec(rule({ direction: "egress", peer: { cidrs: ["10.0.0.5/32"] } }))).toEqual({
      endpointSelector: {},
      egress: [{ toCIDR: ["10.0.0.5/32"] }],
    }));

  test("writes UDP ports next to TCP ports", () =>
    expect(networkRuleSpec(rule({ direction: "egress", ports: [443, udp(3478)] }))).toMatchObject({
      egress: [
        {
          toPorts: [
            {
              ports: [
                { port: "443", protocol: "TCP" },
                { port: "3478", protocol: "UDP" },
              ],
            },
          ],
        },
      ],
    }));

  test.each<[string, Peer, object]>([
    [
      "the API server, the pod's node and the other nodes for the Kubernetes API",
      kubernetesApi,
      { fromEntities: ["kube-apiserver", "remote-node", "host"] },
    ],
    ["Cilium's entity cluster", { entities: ["cluster"] }, { fromEntities: ["cluster"] }],
    [
      "labelled pods of a namespace",
      { namespace: "monitoring", pods: { app: "prometheus" } },
      {
        fromEndpoints: [
          { matchLabels: { "k8s:io.kubernetes.pod.namespace": "monitoring", app: "prometheus" } },
        ],
      },
    ],
    [
      "every pod of a namespace",
      { namespace: "monitoring" },
      { fromEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "monitoring" } }] },
    ],
  ])("writes %s as the peer", (_, peer, selector) =>
    expect(networkRuleSpec(rule({ peer }))).toEqual({ endpointSelector: {}, ingress: [selector] }),
  );
});

test("dnsRule allows DNS queries to CoreDNS over UDP and TCP, and nothing else", () =>
  expect(networkRuleSpec(dnsRule)).toEqual({
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
  }));
