import { cluster, describePolicy, guestCommand, release } from "../testing/testing.ts";
import { kubeletDirectory } from "./kubeletDirectory.ts";

const other = "/var/lib/rancher/k3s/agent/kubelet";

describePolicy(kubeletDirectory, {
  good: [
    cluster(),
    guestCommand("verify-k3s.sh", { KUBELET_DIR: "/var/lib/kubelet" }),
    release({ values: { csi: { kubeletRootDir: "/var/lib/kubelet" } } }),
    release({ values: { csi: { kubeletRootDir: "" } } }),
  ],
  broken: [
    [
      "Longhorn elsewhere",
      [cluster(), release({ values: { csi: { kubeletRootDir: other } } })],
      "values.csi.kubeletRootDir",
      other,
    ],
    [
      "another driver elsewhere",
      [cluster(), release({ values: { node: { kubeletPath: other } } })],
      "values.node.kubeletPath",
    ],
    [
      "a check elsewhere",
      [
        cluster({ kubeletDirectory: other }),
        guestCommand("verify-k3s.sh", { KUBELET_DIR: "/var/lib/kubelet" }),
      ],
      "KUBELET_DIR",
    ],
  ],
});
