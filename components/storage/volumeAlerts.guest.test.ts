import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { volumeAlerts } from "./volumeAlerts.ts";

const labels = { volume: "pvc-1", pvc: "data", pvc_namespace: "media" };
const volume = 'volume="pvc-1",pvc="data",pvc_namespace="media"';
const robust = (node: string, more: string, values: string) => ({
  [`longhorn_volume_robustness{node="${node}",${volume}${more}}`]: values,
});
/** The metrics of Longhorn since 1.11: a series for each state. */
const states = (node: string, state: string, values: string) => ({
  ...robust(node, ',state="healthy"', "0x90"),
  ...robust(node, `,state="${state}"`, values),
});
const nodes = (ready: readonly number[]) =>
  Object.fromEntries(
    ready.flatMap((value, index) => [
      [`longhorn_node_status{node="w${index}",condition="ready"}`, `${value}x90`],
      [`longhorn_node_count_total{node="w${index}"}`, "4x90"],
    ]),
  );
const disk = (used: number) => ({
  'longhorn_disk_usage_bytes{node="w1",disk="data"}': `${used}x90`,
  'longhorn_disk_capacity_bytes{node="w1",disk="data"}': "200x90",
  'longhorn_node_storage_usage_bytes{node="w1"}': `${used}x90`,
  'longhorn_node_storage_capacity_bytes{node="w1"}': "200x90",
});
const refusing = (value: number) => ({
  'longhorn_disk_status{node="w1",disk="data",condition="schedulable",condition_reason="DiskPressure"}': `${value}x90`,
});
const socket = 'socket_path="/var/lib/kubelet/plugins_registry/driver.longhorn.io-reg.sock"';
const plugin = (state: string, job = "kubelet") => ({
  [`plugin_manager_total_plugins{job="${job}",node="w1",${socket},state="${state}_state_of_world"}`]: "1x90",
});
const driver = (ready: number) => {
  const pods = 'namespace="longhorn-system",daemonset="longhorn-csi-plugin"';
  return {
    [`kube_daemonset_status_desired_number_scheduled{${pods}}`]: "4x90",
    [`kube_daemonset_status_number_ready{${pods}}`]: `${ready}x90`,
  };
};
const healthy = {
  ...robust("w1", ',state="healthy"', "1x90"),
  ...nodes([1, 1, 1, 1]),
  ...disk(60),
  ...refusing(1),
  ...plugin("desired"),
  ...plugin("actual"),
  ...driver(4),
};
const unregistered = Object.fromEntries(
  Object.entries(healthy).filter(([series]) => !(series in plugin("actual"))),
);

const degraded = {
  alert: "VolumeDegraded",
  labels,
  summary: "The volume of media/data has been degraded for an hour: it has too few healthy replicas",
};
const faulted = {
  alert: "VolumeFaulted",
  labels,
  summary: "The volume of media/data is faulted: it has no healthy replica",
};

test("storage alerts fire for volumes, disks and the CSI driver, evaluated by promtool (O1)", async () =>
  expect(
    await alertProblems(volumeAlerts, [
      { what: "healthy storage", series: healthy, at: 80, fires: [] },
      {
        what: "a volume lacks a replica",
        series: { ...healthy, ...states("w1", "degraded", "1x90") },
        at: 80,
        fires: [degraded],
      },
      {
        what: "a volume lacks a replica, and moves to another node",
        series: {
          ...healthy,
          ...states("w1", "degraded", "1x30 _x60"),
          ...states("w2", "degraded", "_x30 1x60"),
        },
        at: 80,
        fires: [degraded],
      },
      {
        what: "a replica is rebuilt within half an hour",
        series: { ...healthy, ...states("w1", "degraded", "0x10 1x30 0x50") },
        at: 80,
        fires: [],
      },
      {
        what: "Longhorn 1.10, where a volume lacks a replica",
        series: { ...healthy, ...robust("w1", "", "2x90") },
        at: 80,
        fires: [degraded],
      },
      {
        what: "Longhorn 1.10, where a volume is healthy",
        series: { ...healthy, ...robust("w1", "", "1x90") },
        at: 80,
        fires: [],
      },
      {
        what: "a volume has no replica left",
        series: { ...healthy, ...states("w1", "faulted", "1x90") },
        at: 10,
        fires: [faulted],
      },
      {
        what: "Longhorn 1.10, where a volume has no replica left",
        series: { ...healthy, ...robust("w1", "", "3x90") },
        at: 10,
        fires: [faulted],
      },
      {
        what: "a node is down, and exports no metrics",
        series: {
          ...healthy,
          ...nodes([1, 1, 1]),
          'longhorn_node_status{node="w3",condition="ready"}': "1x5 stale",
        },
        at: 80,
        fires: [{ alert: "LonghornNodeMissing", summary: "1 Longhorn nodes are not ready" }],
      },
      {
        what: "no node is ready",
        series: { ...healthy, ...nodes([0, 0, 0, 0]) },
        at: 80,
        fires: [{ alert: "LonghornNodeMissing", summary: "4 Longhorn nodes are not ready" }],
      },
      {
        what: "a disk fills",
        series: { ...healthy, ...disk(150) },
        at: 80,
        fires: [
          {
            alert: "LonghornNodeStorageFilling",
            labels: { node: "w1" },
            summary: "Longhorn's disks on node w1 are 75% full",
          },
        ],
      },
      {
        what: "a disk is full, and unschedulable",
        series: { ...healthy, ...disk(180), ...refusing(0) },
        at: 80,
        fires: [
          {
            alert: "LonghornNodeStorageFilling",
            labels: { node: "w1" },
            summary: "Longhorn's disks on node w1 are 90% full",
          },
          {
            alert: "LonghornDiskFull",
            labels: { node: "w1", disk: "data" },
            summary: "Longhorn's disk data on node w1 is 90% full",
          },
          {
            alert: "LonghornDiskNotSchedulable",
            labels: { node: "w1", disk: "data", condition: "schedulable", condition_reason: "DiskPressure" },
            summary: "Longhorn's disk data on node w1 is not schedulable: DiskPressure",
          },
        ],
      },
      {
        what: "a kubelet has lost the driver, although the API server's metrics list it",
        series: { ...unregistered, ...plugin("actual", "apiserver") },
        at: 80,
        fires: [
          {
            alert: "CsiDriverNotRegistered",
            labels: {
              job: "kubelet",
              node: "w1",
              socket_path: "/var/lib/kubelet/plugins_registry/driver.longhorn.io-reg.sock",
              state: "desired_state_of_world",
            },
            summary:
              "Longhorn's CSI driver is not registered with the kubelet on node w1: pods there cannot mount volumes",
          },
        ],
      },
      {
        what: "the driver crashes on two nodes",
        series: { ...healthy, ...driver(2) },
        at: 80,
        fires: [
          {
            alert: "CsiDriverNotReady",
            labels: { namespace: "longhorn-system", daemonset: "longhorn-csi-plugin" },
            summary: "Longhorn's CSI driver is not ready on 2 nodes: pods there cannot mount volumes",
          },
        ],
      },
    ]),
  ).toBe(""));
