import type { DefinitionSet } from "../kubernetes/customResourceDefinitions.ts";

/**
 * The definitions of the Gateway API (standard channel), at the version that the Cilium release is built with. Cilium's
 * operator requires exactly these kinds: where one is missing at its start, it never serves a Gateway (cilium#38420).
 */
export const gatewayApi: DefinitionSet = {
  name: "gateway-api",
  version: "v1.6.1",
  source: "https://raw.githubusercontent.com/kubernetes-sigs/gateway-api/v1.6.1/config/crd/standard",
  files: {
    "gateway.networking.k8s.io_gatewayclasses.yaml":
      "53710048ba26f8620eed59d5e51b157ecf040daf5c6eef31a4b991e0808c4be5",
    "gateway.networking.k8s.io_gateways.yaml":
      "25b885f5870b8fff1ae82efa2628b2761cef3745900c2aecf8fb76629a01255a",
    "gateway.networking.k8s.io_httproutes.yaml":
      "a424a0d6c953b162e71d1d97bb7e75012d8f1ac264e7274f2763d1b96ab39852",
    "gateway.networking.k8s.io_grpcroutes.yaml":
      "53a8d029da8f07e55d3fa58a5cf6de5950dab19fbb8d6a8082fb5e51ca5ef6fc",
    "gateway.networking.k8s.io_tlsroutes.yaml":
      "bb8b67926e5d9652cbfd2e19063b7c1d9e78806c9dd671608f57baef2f2e3bbb",
    "gateway.networking.k8s.io_referencegrants.yaml":
      "8c645e9333cfa67790cc2a53e0c00076f88b2bd4230d2b49688c78bc34f9b2c3",
    "gateway.networking.k8s.io_backendtlspolicies.yaml":
      "0d48c9e4b53dd9510cf615b9b1192d9d7afb07a1cc0498c9515627cb1c075419",
  },
};
