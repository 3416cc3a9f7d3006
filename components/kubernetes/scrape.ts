import type pulumi from "@pulumi/pulumi";
import { monitoringNamespace, prometheusPods, type ScrapeTarget } from "../monitoring.ts";
import { customResource } from "./customResource.ts";
import { networkPolicy } from "./networkPolicy.ts";

/** The specification of a PodMonitor. */
export function scrapeSpec({ pods, port }: ScrapeTarget): Readonly<Record<string, unknown>> {
  return {
    selector: { matchLabels: pods },
    podMetricsEndpoints: [
      {
        portNumber: port,
        // A metric about an object of another namespace, such as a certificate, keeps that namespace's label.
        honorLabels: true,
      },
    ],
  };
}

/** A PodMonitor for pods of any namespace, and the network policy that allows Prometheus to connect to them. */
export function podMonitor(target: ScrapeTarget, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { name, namespace, pods, port } = target;
  const ruleName = `${name}-from-prometheus`;
  return [
    networkPolicy(
      ruleName,
      {
        namespace,
        rule: {
          name: ruleName,
          pods,
          direction: "ingress",
          peer: { namespace: monitoringNamespace, pods: prometheusPods },
          ports: [port],
        },
      },
      opts,
    ),
    customResource(
      `scrape-${name}`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name, namespace },
        spec: scrapeSpec(target),
      },
      opts,
    ),
  ];
}
