import type { Alert } from "../monitoring.ts";
import { longhornNamespace } from "./longhornValues.ts";
import { longhornDriver } from "./storageClasses.ts";

/**
 * Volumes in a state of robustness. Longhorn 1.10 reports the state as a number and later releases as a label
 * (longhorn-manager, metrics_collector/volume_collector.go); a lab may run either. The expression aggregates over nodes: the
 * reporting manager changes when a volume moves to another node, which would restart the alert's `for` period.
 */
const inState = (state: string, number: number) =>
  `max by (volume, pvc, pvc_namespace) (longhorn_volume_robustness{state="${state}"} == 1 or longhorn_volume_robustness{state=""} == ${number})`;

const driverPods = `namespace="${longhornNamespace}",daemonset="longhorn-csi-plugin"`;

/** CSI plugins by state, as the kubelet reports them. K3s reports the same metric again under the API server's job. */
const registered = (state: string, more = "") =>
  `plugin_manager_total_plugins{job="kubelet",state="${state}_state_of_world"${more}}`;

/** Alerts on Longhorn's volumes, nodes and disks, and on its CSI driver (O1). */
export const volumeAlerts: readonly Alert[] = [
  {
    name: "VolumeDegraded",
    expression: inState("degraded", 2),
    // A drained node takes time to return, and replicas are rebuilt one after another.
    minutes: 60,
    severity: "warning",
    lesson: "O1",
    summary:
      "The volume of {{ $labels.pvc_namespace }}/{{ $labels.pvc }} has been degraded for an hour: it has too few healthy replicas",
    runbook: "runbooks/volume-degraded.md",
  },
  {
    name: "VolumeFaulted",
    expression: inState("faulted", 3),
    minutes: 2,
    severity: "critical",
    lesson: "O1",
    summary:
      "The volume of {{ $labels.pvc_namespace }}/{{ $labels.pvc }} is faulted: it has no healthy replica",
    runbook: "runbooks/volume-degraded.md",
  },
  {
    name: "LonghornNodeMissing",
    // Each manager reports its own node, so the series of a lost node disappears. The alert compares with the node count.
    expression:
      'max(longhorn_node_count_total) - (count(longhorn_node_status{condition="ready"} == 1) or vector(0)) > 0',
    minutes: 10,
    severity: "critical",
    lesson: "O1",
    summary: "{{ $value }} Longhorn nodes are not ready",
    runbook: "runbooks/lost-worker.md",
  },
  {
    name: "LonghornNodeStorageFilling",
    expression: "longhorn_node_storage_usage_bytes / longhorn_node_storage_capacity_bytes > 0.7",
    minutes: 15,
    severity: "warning",
    lesson: "S9",
    summary: "Longhorn's disks on node {{ $labels.node }} are {{ $value | humanizePercentage }} full",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "LonghornDiskFull",
    // At 90 % the disk accepts no more replicas (S9).
    expression: "longhorn_disk_usage_bytes / longhorn_disk_capacity_bytes > 0.85",
    minutes: 5,
    severity: "critical",
    lesson: "S9",
    summary:
      "Longhorn's disk {{ $labels.disk }} on node {{ $labels.node }} is {{ $value | humanizePercentage }} full",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "LonghornDiskNotSchedulable",
    expression: 'longhorn_disk_status{condition="schedulable"} == 0',
    minutes: 15,
    severity: "warning",
    lesson: "S9",
    summary:
      "Longhorn's disk {{ $labels.disk }} on node {{ $labels.node }} is not schedulable: {{ $labels.condition_reason }}",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "CsiDriverNotRegistered",
    expression: `${registered("desired", `,socket_path=~".*${longhornDriver}.*"`)} unless ignoring (state) ${registered("actual")}`,
    minutes: 10,
    severity: "critical",
    lesson: "K3",
    summary:
      "Longhorn's CSI driver is not registered with the kubelet on node {{ $labels.node }}: pods there cannot mount volumes",
    runbook: "runbooks/csi-driver.md",
  },
  {
    name: "CsiDriverNotReady",
    expression: `kube_daemonset_status_desired_number_scheduled{${driverPods}} - kube_daemonset_status_number_ready{${driverPods}} > 0`,
    minutes: 10,
    severity: "critical",
    lesson: "O1",
    summary: "Longhorn's CSI driver is not ready on {{ $value }} nodes: pods there cannot mount volumes",
    runbook: "runbooks/csi-driver.md",
  },
];
