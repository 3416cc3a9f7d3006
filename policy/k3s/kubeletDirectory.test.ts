import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, guestCommand, release } from "../testing/resources.ts";
import { kubeletDirectory } from "./kubeletDirectory.ts";

const other = "/var/lib/rancher/k3s/agent/kubelet";
const values = (values: object) => [cluster(), release({ values })];

describePolicy(kubeletDirectory, {
  valid: [
    cluster(),
    guestCommand("verify-k3s.sh", { KUBELET_DIR: "/var/lib/kubelet" }),
    release({ values: { csi: { kubeletRootDir: "/var/lib/kubelet" } } }),
    release({ values: { csi: { kubeletRootDir: "/var/lib/kubelet/" } } }),
    release({ values: { csi: { kubeletRootDir: "" } } }),
    release({ values: { kubelet: other, kubeletDirectories: other } }),
  ],
  invalid: [
    [
      "Longhorn's CSI driver with another kubelet directory",
      values({ csi: { kubeletRootDir: other } }),
      `it.values.csi.kubeletRootDir = "${other}": is not the kubelet directory of K3s, /var/lib/kubelet`,
    ],
    [
      "another CSI driver with another kubelet directory",
      values({ node: { kubeletPath: other } }),
      "values.node.kubeletPath",
    ],
    [
      "a gate that verifies another kubelet directory",
      [
        cluster({ kubeletDirectory: other }),
        guestCommand("verify-k3s.sh", { KUBELET_DIR: "/var/lib/kubelet" }),
      ],
      `stdin.KUBELET_DIR = "/var/lib/kubelet": is not the kubelet directory of K3s, ${other}`,
    ],
  ],
});

test.each([
  "kubeletDir",
  "kubeletPath",
  "kubelet_path",
  "kubeletRootPath",
  "kubelet_root_dir",
  "kubeletDirectory",
])("finds the kubelet directory in the chart value %s (K3)", (key) =>
  expect(violationsOf(kubeletDirectory, values({ [key]: other }))).toHaveLength(1),
);

test("ignores kubelet directories of a program without a cluster (K3)", () =>
  expect(violationsOf(kubeletDirectory, [release({ values: { kubeletDir: other } })])).toEqual([]));
