import { describePolicy, machine, resource, unknown } from "../testing/testing.ts";
import { longhorn } from "../testing/testingStorage.ts";
import { protection } from "./protection.ts";

const token = (protect: boolean) =>
  resource("random:index/randomPassword:RandomPassword", { length: 64 }, { name: "token", protect });
const stateful = (protect: boolean) =>
  resource("kubernetes:apps/v1:StatefulSet", { spec: { volumeClaimTemplates: [{ spec: {} }] } }, { protect });

describePolicy(protection, {
  good: [
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
  broken: [
    ["a machine that Pulumi may delete", [machine("worker-1", undefined, false)], "worker-1.protect"],
    [
      "a machine that Proxmox may delete",
      [machine("worker-1", (vm) => (vm.protection = false))],
      "worker-1.protection",
    ],
    [
      "disks that go with the machine",
      [machine("worker-1", (vm) => delete vm.deleteUnreferencedDisksOnDestroy)],
      "deleteUnreferencedDisksOnDestroy",
    ],
    ["the token", [token(false)], "token.protect"],
    ["a StatefulSet with claims", [stateful(false)], "protect"],
    ["a claim", [resource("kubernetes:core/v1:PersistentVolumeClaim", {})], "protect"],
    [
      "a class that deletes",
      [resource("kubernetes:storage.k8s.io/v1:StorageClass", { reclaimPolicy: "Delete" })],
      "reclaimPolicy",
      "Delete",
    ],
    [
      "a patch that makes a class delete",
      [resource("kubernetes:storage.k8s.io/v1:StorageClassPatch", { reclaimPolicy: "Delete" })],
      "reclaimPolicy",
      "Delete",
    ],
    [
      "the class of Longhorn's chart, which deletes by default",
      [longhorn({ values: { persistence: { defaultClass: true } } })],
      "longhorn.values.persistence.reclaimPolicy deletes",
    ],
    [
      "the class of an older chart, which cannot be told to leave it out",
      [longhorn({ version: "1.11.3", values: { persistence: { createStorageClass: false } } })],
      "longhorn.values.persistence.reclaimPolicy deletes",
    ],
    [
      "a class that says nothing",
      [resource("kubernetes:storage.k8s.io/v1:StorageClass", {})],
      "reclaimPolicy",
    ],
  ],
});
