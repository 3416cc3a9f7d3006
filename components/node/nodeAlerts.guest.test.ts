import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { nodeAlerts } from "./nodeAlerts.ts";

const instance = "10.88.145.191:9100";
const at = `job="node-exporter",instance="${instance}"`;
const up = (values: string) => ({ [`up{${at}}`]: values });
const link = (device: string, values: string) => ({ [`node_network_up{${at},device="${device}"}`]: values });
const counted = (what: string, direction: string, step: number) => ({
  [`node_network_${direction}_${what}_total{${at},device="eth0"}`]: `0+${step}x60`,
});
const traffic = (errors: number) => ({
  ...counted("packets", "receive", 5000),
  ...counted("packets", "transmit", 5000),
  ...counted("errs", "receive", errors),
  ...counted("errs", "transmit", 0),
});
const disk = (free: number) => ({
  [`node_filesystem_avail_bytes{${at},mountpoint="/",device="/dev/sda1"}`]: `${free}x60`,
  [`node_filesystem_size_bytes{${at},mountpoint="/",device="/dev/sda1"}`]: "100x60",
  // Longhorn's disks have their own alerts.
  [`node_filesystem_avail_bytes{${at},mountpoint="/var/lib/longhorn",device="/dev/sdb1"}`]: "1x60",
  [`node_filesystem_size_bytes{${at},mountpoint="/var/lib/longhorn",device="/dev/sdb1"}`]: "100x60",
});
const pressure = (value: number) => ({
  'kube_node_status_condition{node="k3s-worker02",condition="DiskPressure",status="true"}': `${value}x60`,
});
const labels = { job: "node-exporter", instance };
const healthy = { ...up("1x60"), ...link("eth0", "1x60"), ...traffic(0), ...disk(50), ...pressure(0) };

test("node alerts fire for network failures and full disks, evaluated by promtool (N4, K7)", async () =>
  expect(
    await alertProblems(nodeAlerts, [
      { what: "a healthy node", series: healthy, at: 50, fires: [] },
      {
        what: "a node does not answer",
        series: { ...healthy, ...up("1x20 0x40") },
        at: 30,
        fires: [
          {
            alert: "NodeUnreachable",
            labels,
            summary: `The node at ${instance} is unreachable: Prometheus cannot scrape its node-exporter`,
          },
        ],
      },
      { what: "a node reboots", series: { ...healthy, ...up("1x20 0x2 1x37") }, at: 30, fires: [] },
      {
        what: "a link goes down, and another was never used",
        series: { ...healthy, ...link("eth0", "1x20 0x40"), ...link("eno2", "0x60") },
        at: 30,
        fires: [
          {
            alert: "NodeLinkDown",
            labels: { ...labels, device: "eth0" },
            summary: `The link eth0 of the node at ${instance} is down`,
          },
        ],
      },
      {
        what: "a pod's virtual link goes down",
        series: { ...healthy, ...link("lxc1a2b", "1x20 0x40") },
        at: 30,
        fires: [],
      },
      {
        what: "a cable corrupts every fiftieth packet",
        series: { ...healthy, ...traffic(200) },
        at: 50,
        fires: [
          {
            alert: "NodeNetworkErrors",
            labels: { ...labels, device: "eth0" },
            summary: `The link eth0 of the node at ${instance} has errors in 2% of its packets`,
          },
        ],
      },
      { what: "a few packets are lost", series: { ...healthy, ...traffic(5) }, at: 50, fires: [] },
      {
        what: "logs have filled the disk",
        series: { ...healthy, ...disk(5), ...pressure(1) },
        at: 50,
        fires: [
          {
            alert: "NodeDiskFilling",
            labels: { ...labels, mountpoint: "/", device: "/dev/sda1" },
            summary: `The system disk of the node at ${instance} has only 5% free`,
          },
          {
            alert: "NodeDiskPressure",
            labels: { node: "k3s-worker02", condition: "DiskPressure", status: "true" },
            summary: "Node k3s-worker02 has DiskPressure; pods are being evicted",
          },
        ],
      },
    ]),
  ).toBe(""));
