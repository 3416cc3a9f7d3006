import { ofRelease, ofScript, ofType } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { certificateAlerts } from "./certificateAlerts.ts";
import { certManagerNamespace } from "./issuer.ts";
import {
  certificateReadiness,
  gatewayReadiness,
  issuerReadiness,
  routeReadiness,
  verifyReady,
} from "./networkSimulation.ts";

/** The cluster's network: Cilium, the Gateway with its wildcard certificate, and cluster DNS. */
export const networkFeature: Feature = {
  name: "network",
  charts: ["cilium", "certManager", "traefik"],
  definitions: {
    "gateway.networking.k8s.io": "apply-crds.sh",
    "cilium.io": "cilium",
    "cert-manager.io": "cert-manager",
  },
  backupPolicies: () => [],
  alerts: () => [{ name: "certificates", namespace: certManagerNamespace, alerts: certificateAlerts }],
  scrapeTargets: [
    {
      name: "cert-manager",
      namespace: certManagerNamespace,
      pods: { "app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller" },
      port: 9402,
    },
  ],
  steps: {
    "verify-ready.sh": {
      duration: { what: "nodes ready", seconds: 5, source: "estimate" },
      simulate: verifyReady,
    },
  },
  durations: [
    {
      what: "Gateway API defined",
      seconds: 8,
      source: "estimate: seven files of 1 MB in all, and a wait until they are served",
      applies: (resource) => ofScript("apply-crds.sh")(resource) && resource.name.endsWith("gateway-api"),
    },
    {
      what: "Cilium installed",
      seconds: 55,
      imagesMB: 250,
      source:
        "estimate: a DaemonSet on every node at once; the embedded registry shares what one node has pulled",
      applies: ofRelease("cilium"),
    },
    {
      what: "cert-manager installed",
      seconds: 25,
      imagesMB: 120,
      source: "estimate: three small images, and the chart's own check of its webhook",
      applies: ofRelease("cert-manager"),
    },
    {
      what: "Traefik installed",
      seconds: 15,
      imagesMB: 60,
      source: "estimate: one pod",
      applies: ofRelease("traefik"),
    },
    {
      what: "certificate signed",
      seconds: 10,
      source: "estimate: by the lab's own authority; a public one needs a minute or two for the DNS record",
      applies: ofType("kubernetes:cert-manager.io/v1:Certificate"),
    },
    {
      what: "Gateway programmed",
      seconds: 10,
      source: "estimate: an address from the pool, and the proxies' configuration",
      applies: ofType("kubernetes:gateway.networking.k8s.io/v1:Gateway"),
    },
    {
      what: "Gateway fetched",
      seconds: 10,
      gate: true,
      imagesMB: 20,
      source: "estimate: bounded by 300 s",
      applies: ({ name }) => name.includes("reach-from-"),
    },
  ],
  readiness: {
    Certificate: certificateReadiness,
    ClusterIssuer: issuerReadiness,
    Gateway: gatewayReadiness,
    HTTPRoute: routeReadiness,
  },
  enforces: {
    N3: [
      ["gate", "guest/verify-ready.sh"],
      ["gate", "components/network/reach.sh"],
    ],
    N5: [["config", "config/rules/ingress.ts"]],
    N6: [["document", "docs/reference/homelab.md"]],
    N7: [
      ["config", "components/network/coreDns.ts"],
      ["gate", "components/network/reach.sh"],
    ],
    N9: [["config", "components/network/ciliumValues.ts"]],
    N11: [["config", "config/sections/ingress.ts"]],
    T1: [
      ["config", "config/rules/ingress.ts"],
      ["config", "config/sections/certificates.ts"],
      ["gate", "components/network/reach.sh"],
      ["alert", "components/network/certificateAlerts.ts"],
    ],
    O1: [["alert", "components/network/certificateAlerts.ts"]],
  },
};
