import type { Alert } from "../monitoring.ts";

/** The node's own interfaces, and not those of pods. */
const links = 'device=~"(eth|en|bond|vlan).*"';

const both = (what: string, labels = "") =>
  `(rate(node_network_receive_${what}_total${labels}[5m]) + rate(node_network_transmit_${what}_total${labels}[5m]))`;

/**
 * The health of the nodes' network (N4), since a node that has lost it looks like broken storage for hours, and their
 * own disks (K7). As the node exporter and kube-state-metrics tell it.
 */
export const nodeAlerts: readonly Alert[] = [
  {
    name: "NodeUnreachable",
    expression: 'up{job="node-exporter"} == 0',
    minutes: 5,
    severity: "critical",
    lesson: "N4",
    summary: "The node at {{ $labels.instance }} does not answer",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeLinkDown",
    // A port that nobody has used is down all its generation.
    expression: `node_network_up{${links}} == 0 and max_over_time(node_network_up{${links}}[1d]) == 1`,
    minutes: 2,
    severity: "warning",
    lesson: "N4",
    summary: "{{ $labels.device }} of the node at {{ $labels.instance }} was up, and is down",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeNetworkErrors",
    expression: `${both("errs", `{${links}}`)} / ${both("packets")} > 0.01`,
    minutes: 15,
    severity: "warning",
    lesson: "N4",
    summary:
      "{{ $value | humanizePercentage }} of what {{ $labels.device }} of the node at {{ $labels.instance }} sends and gets is broken",
    runbook: "runbooks/node-network.md",
  },
  {
    name: "NodeDiskPressure",
    expression: 'kube_node_status_condition{condition="DiskPressure",status="true"} == 1',
    minutes: 2,
    severity: "critical",
    lesson: "K7",
    summary: "The disk of {{ $labels.node }} is so full that it throws pods out",
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
      "{{ $value | humanizePercentage }} of the system disk of the node at {{ $labels.instance }} is free",
    runbook: "runbooks/node-disk.md",
  },
];
