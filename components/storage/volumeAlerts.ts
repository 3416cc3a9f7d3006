import type { Alert } from "../monitoring.ts";
import { longhornNamespace } from "./longhornValues.ts";
import { longhornDriver } from "./storageClasses.ts";

/**
 * Volumes in one state of their robustness. Longhorn 1.10 says it by a number, and later releases by a label
 * (longhorn-manager, metrics_collector/volume_collector.go); a lab may stand at either. Whichever node's manager tells it:
 * that changes when a volume moves, and would begin the waiting anew.
 */
const inState = (state: string, number: number) =>
  `max by (volume, pvc, pvc_namespace) (longhorn_volume_robustness{state="${state}"} == 1 or longhorn_volume_robustness{state=""} == ${number})`;

const driverPods = `namespace="${longhornNamespace}",daemonset="longhorn-csi-plugin"`;

/** The kubelets' own word; K3s tells it a second time as the API's. */
const registered = (state: string, more = "") =>
  `plugin_manager_total_plugins{job="kubelet",state="${state}_state_of_world"${more}}`;

/** Longhorn's volumes, nodes and disks, and the driver that brings them to pods (O1). */
export const volumeAlerts: readonly Alert[] = [
  {
    name: "VolumeDegraded",
    expression: inState("degraded", 2),
    // A node that is drained and comes back takes its time, and so do rebuilds, one after another.
    minutes: 60,
    severity: "warning",
    lesson: "O1",
    summary:
      "The volume of {{ $labels.pvc_namespace }}/{{ $labels.pvc }} has had too few replicas for an hour",
    runbook: "runbooks/volume-degraded.md",
  },
  {
    name: "VolumeFaulted",
    expression: inState("faulted", 3),
    minutes: 2,
    severity: "critical",
    lesson: "O1",
    summary: "The volume of {{ $labels.pvc_namespace }}/{{ $labels.pvc }} has no whole replica left",
    runbook: "runbooks/volume-degraded.md",
  },
  {
    name: "LonghornNodeMissing",
    // Each manager speaks for its own node: of one that is gone nobody says that it is not ready.
    expression:
      'max(longhorn_node_count_total) - (count(longhorn_node_status{condition="ready"} == 1) or vector(0)) > 0',
    minutes: 10,
    severity: "critical",
    lesson: "O1",
    summary: "{{ $value }} of Longhorn's nodes are not ready",
    runbook: "runbooks/lost-worker.md",
  },
  {
    name: "LonghornNodeStorageFilling",
    expression: "longhorn_node_storage_usage_bytes / longhorn_node_storage_capacity_bytes > 0.7",
    minutes: 15,
    severity: "warning",
    lesson: "S9",
    summary: "The disks of {{ $labels.node }} are {{ $value | humanizePercentage }} full",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "LonghornDiskFull",
    // At 90 % it takes no more replicas (S9).
    expression: "longhorn_disk_usage_bytes / longhorn_disk_capacity_bytes > 0.85",
    minutes: 5,
    severity: "critical",
    lesson: "S9",
    summary: "The disk {{ $labels.disk }} of {{ $labels.node }} is {{ $value | humanizePercentage }} full",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "LonghornDiskRefuses",
    expression: 'longhorn_disk_status{condition="schedulable"} == 0',
    minutes: 15,
    severity: "warning",
    lesson: "S9",
    summary:
      "The disk {{ $labels.disk }} of {{ $labels.node }} takes no replicas: {{ $labels.condition_reason }}",
    runbook: "runbooks/disk-full.md",
  },
  {
    name: "CsiDriverNotRegistered",
    expression: `${registered("desired", `,socket_path=~".*${longhornDriver}.*"`)} unless ignoring (state) ${registered("actual")}`,
    minutes: 10,
    severity: "critical",
    lesson: "K3",
    summary:
      "The kubelet of {{ $labels.node }} does not know Longhorn's driver: no volume can be mounted there",
    runbook: "runbooks/csi-driver.md",
  },
  {
    name: "CsiDriverNotReady",
    expression: `kube_daemonset_status_desired_number_scheduled{${driverPods}} - kube_daemonset_status_number_ready{${driverPods}} > 0`,
    minutes: 10,
    severity: "critical",
    lesson: "O1",
    summary: "Longhorn's driver is not ready on {{ $value }} nodes: no volume can be mounted there",
    runbook: "runbooks/csi-driver.md",
  },
];
