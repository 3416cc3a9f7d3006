import type pulumi from "@pulumi/pulumi";
import { monitoringNamespace, prometheusPods, type ScrapeTarget } from "../monitoring.ts";
import { customResource } from "./customResource.ts";
import { networkRuleSpec } from "./networkRule.ts";

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
    customResource(
      networkRule,
      {
        apiVersion: "cilium.io/v2",
        kind: "CiliumNetworkPolicy",
        metadata: { name: networkRule, namespace },
        spec: networkRuleSpec({
          name: networkRule,
          pods,
          direction: "from",
          peer: { namespace: monitoringNamespace, pods: prometheusPods },
          ports: [port],
        }),
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
