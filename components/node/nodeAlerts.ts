import type { Alert } from "../monitoring.ts";

/** Matches the physical interfaces of a node and not those of pods. */
const links = 'device=~"(eth|en|bond|vlan).*"';

const receivedAndSent = (what: string, labels = "") =>
  `(rate(node_network_receive_${what}_total${labels}[5m]) + rate(node_network_transmit_${what}_total${labels}[5m]))`;

/**
 * Alerts on the network of the nodes (N4), because a node that lost it looks like a storage failure for hours, and on their
 * system disks (K7). The metrics come from node-exporter and kube-state-metrics.
 */
export const nodeAlerts: readonly Alert[] = [
  {
    name: "NodeUnreachable",
    expression: 'up{job="node-exporter"} == 0',
    minutes: 5,
    severity: "critical",
    lesson: "N4",
    summary: "The node at {{ $labels.instance }} is unreachable: Prometheus cannot scrape its node-exporter",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeLinkDown",
    // An unused port is always down; only a port that was up within a day counts.
    expression: `node_network_up{${links}} == 0 and max_over_time(node_network_up{${links}}[1d]) == 1`,
    minutes: 2,
    severity: "warning",
    lesson: "N4",
    summary: "The link {{ $labels.device }} of the node at {{ $labels.instance }} is down",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeNetworkErrors",
    expression: `${receivedAndSent("errs", `{${links}}`)} / ${receivedAndSent("packets")} > 0.01`,
    minutes: 15,
    severity: "warning",
    lesson: "N4",
    summary:
      "The link {{ $labels.device }} of the node at {{ $labels.instance }} has errors in {{ $value | humanizePercentage }} of its packets",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeDiskPressure",
    expression: 'kube_node_status_condition{condition="DiskPressure",status="true"} == 1',
    minutes: 2,
    severity: "critical",
    lesson: "K7",
    summary: "Node {{ $labels.node }} has DiskPressure; pods are being evicted",
    runbook: "runbooks/node-disk.md",
  },
  {
    name: "NodeDiskFilling",
    expression:
      'node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"} < 0.2',
    minutes: 15,
    severity: "warning",
    lesson: "K7",
    summary:
      "The system disk of the node at {{ $labels.instance }} has only {{ $value | humanizePercentage }} free",
    runbook: "runbooks/node-disk.md",
  },
];
