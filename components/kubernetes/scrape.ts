import type pulumi from "@pulumi/pulumi";
import { customResource } from "./customResource.ts";
import { networkPolicy } from "./networkPolicy.ts";

/** Where Prometheus lives, and what network policies know its pods by: whoever is scraped lets these in. */
export const monitoringNamespace = "monitoring";
export const prometheusPods = { "app.kubernetes.io/name": "prometheus" } as const;

/** Pods that tell how they are. */
export interface ScrapeTarget {
  /** What Prometheus calls them. */
  readonly name: string;
  readonly namespace: string;
  readonly pods: Readonly<Record<string, string>>;
  /** The port of the pods at which they tell it, which one of their containers declares. */
  readonly port: number;
}

/** The specification of a PodMonitor. */
export function scrapeSpec({ pods, port }: ScrapeTarget): Readonly<Record<string, unknown>> {
  return {
    selector: { matchLabels: pods },
    podMetricsEndpoints: [
      {
        portNumber: port,
        // A metric of something in another namespace, such as a certificate, keeps the namespace it names.
        honorLabels: true,
      },
    ],
  };
}

/** Has Prometheus ask pods how they are, and lets it in to them; from whichever namespace they are in. */
export function scraped(target: ScrapeTarget, opts: pulumi.CustomResourceOptions): pulumi.Resource[] {
  const { name, namespace, pods, port } = target;
  const networkRule = `${name}-from-prometheus`;
  return [
    networkPolicy(
      networkRule,
      {
        namespace,
        rule: {
          name: networkRule,
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
