import { protection } from "./protection.ts";
import { describePolicy, machine, resource } from "./testing.ts";

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
  ],
  broken: [
    ["a machine that Pulumi may delete", [machine("k3s-worker01", undefined, false)], "k3s-worker01.protect"],
    [
      "a machine that Proxmox may delete",
      [machine("k3s-worker01", (vm) => (vm.protection = false))],
      "k3s-worker01.protection",
    ],
    [
      "disks that go with the machine",
      [machine("k3s-worker01", (vm) => delete vm.deleteUnreferencedDisksOnDestroy)],
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
      "a class that says nothing",
      [resource("kubernetes:storage.k8s.io/v1:StorageClass", {})],
      "reclaimPolicy",
    ],
  ],
});
