import { describePolicy } from "../testing/describePolicy.ts";
import { machine, resource, unknown } from "../testing/resources.ts";
import { longhorn } from "../testing/storageResources.ts";
import { protection } from "./protection.ts";

const token = (protect: boolean) =>
  resource("random:index/randomPassword:RandomPassword", { length: 64 }, { name: "token", protect });
const stateful = (protect: boolean) =>
  resource("kubernetes:apps/v1:StatefulSet", { spec: { volumeClaimTemplates: [{ spec: {} }] } }, { protect });

describePolicy(protection, {
  valid: [
    machine(),
    token(true),
    stateful(true),
    resource("kubernetes:apps/v1:StatefulSet", { spec: { replicas: 1 } }),
    resource("kubernetes:storage.k8s.io/v1:StorageClass", { reclaimPolicy: "Retain" }),
    longhorn({ values: { persistence: { reclaimPolicy: "Retain" } } }),
    longhorn({ values: { persistence: { reclaimPolicy: unknown } } }),
    longhorn({ values: { persistence: { createStorageClass: false } } }),
    resource("kubernetes:storage.k8s.io/v1:StorageClassPatch", { metadata: { name: "local-path" } }),
    resource("kubernetes:storage.k8s.io/v1:StorageClassPatch", { reclaimPolicy: "Retain" }),
  ],
  invalid: [
    [
      "an unprotected VM",
      [machine("four", undefined, false)],
      "four.protect = false: allows Pulumi to delete it",
    ],
    [
      "a VM without Proxmox's protection",
      [machine("four", (vm) => (vm.protection = false))],
      "four.protection = false: allows Proxmox to delete it",
    ],
    [
      "a VM that deletes unreferenced disks",
      [machine("four", (vm) => delete vm.deleteUnreferencedDisksOnDestroy)],
      "four.deleteUnreferencedDisksOnDestroy: deletes disks that the VM no longer references",
    ],
    ["an unprotected token", [token(false)], "token.protect"],
    ["an unprotected StatefulSet with claims", [stateful(false)], "protect"],
    [
      "an unprotected claim",
      [resource("kubernetes:core/v1:PersistentVolumeClaim", {})],
      "it.protect = false: allows Pulumi to delete it",
    ],
    [
      "a StorageClass with the reclaim policy Delete",
      [resource("kubernetes:storage.k8s.io/v1:StorageClass", { reclaimPolicy: "Delete" })],
      'it.reclaimPolicy = "Delete": is not Retain',
    ],
    [
      "a patch of a StorageClass to the reclaim policy Delete",
      [resource("kubernetes:storage.k8s.io/v1:StorageClassPatch", { reclaimPolicy: "Delete" })],
      "reclaimPolicy",
      "Delete",
    ],
    [
      "Longhorn's chart with its default reclaim policy",
      [longhorn({ values: { persistence: { defaultClass: true } } })],
      "longhorn.values.persistence.reclaimPolicy: is not Retain; the chart's default",
    ],
    [
      "an older Longhorn chart, which always creates a class",
      [longhorn({ version: "1.11.3", values: { persistence: { createStorageClass: false } } })],
      "longhorn.values.persistence.reclaimPolicy: is not Retain",
    ],
    [
      "a StorageClass without a reclaim policy",
      [resource("kubernetes:storage.k8s.io/v1:StorageClass", {})],
      "reclaimPolicy",
    ],
  ],
});
