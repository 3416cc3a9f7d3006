import type { PolicedResource } from "../lessonPolicy.ts";
import { guestCommand, object, release, resource, unknown } from "./resources.ts";

/** A valid node component. It has Longhorn's labels where it has disks. */
export function labNode(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  change: Record<string, any> = {},
): PolicedResource {
  const disks: unknown[] = change.disks ?? [disk()];
  const labels =
    disks.length === 0 ? {} : { storage: "longhorn", "node.longhorn.io/create-default-disk": "config" };
  return resource(
    "lab:node:PreparedNode",
    { role: "agent", address: unknown, vlan: 120, cores: 4, memoryMiB: 8192, labels, disks, ...change },
    { name },
  );
}

export function disk(sizeGiB = 100, ...tags: readonly string[]) {
  return { name: "data1", sizeGiB, tags };
}

/** A StorageClass of Longhorn, by name, replica count and disk tag. */
export function longhornClass(
  name = "longhorn",
  replicas = 3,
  tag?: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  change: Record<string, any> = {},
): PolicedResource {
  const isDefault = { "storageclass.kubernetes.io/is-default-class": String(name === "longhorn") };
  return object(
    "storage.k8s.io/v1:StorageClass",
    { name, annotations: isDefault, uid: unknown },
    {
      provisioner: "driver.longhorn.io",
      reclaimPolicy: "Retain",
      parameters: { numberOfReplicas: String(replicas), ...(tag === undefined ? {} : { diskSelector: tag }) },
      ...change,
    },
    name,
  );
}

/** An NFS share: its StorageClass and its PersistentVolume. */
export function fileShare(name = "nfs-media"): PolicedResource[] {
  return [
    object("storage.k8s.io/v1:StorageClass", { name }, { provisioner: "kubernetes.io/no-provisioner" }, name),
    object(
      "core/v1:PersistentVolume",
      { name },
      { spec: { storageClassName: name, nfs: { server: "10.0.0.9", path: "/media" } } },
      name,
    ),
  ];
}

/** The storage component, which has the percentage that Longhorn reserves on every disk. */
export const storage = resource("lab:storage:Storage", { reservePercent: 30 }, { name: "storage" });

/** A PersistentVolumeClaim. */
export function volumeClaim(
  name: string,
  sizeGiB: number,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  spec: Record<string, any> = {},
  options: Partial<Pick<PolicedResource, "parent" | "dependsOn">> = {},
): PolicedResource {
  return resource(
    "kubernetes:core/v1:PersistentVolumeClaim",
    {
      metadata: { namespace: "data", name, uid: unknown },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "longhorn",
        resources: { requests: { storage: `${sizeGiB}Gi` } },
        ...spec,
      },
    },
    { name, ...options },
  );
}

/** A StatefulSet with one container and one volume claim template. */
export function statefulSet(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  spec: Record<string, any> = {},
  options: Partial<Pick<PolicedResource, "parent" | "dependsOn">> = {},
  image = "docker.io/library/postgres:18.1",
): PolicedResource {
  return resource(
    "kubernetes:apps/v1:StatefulSet",
    {
      metadata: { namespace: "data", name },
      spec: {
        replicas: 2,
        template: { spec: { containers: [{ name, image }] } },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { storageClassName: "longhorn", resources: { requests: { storage: "10Gi" } } },
          },
        ],
        ...spec,
      },
    },
    { name, ...options },
  );
}

/** A CloudNativePG cluster. */
export function postgres(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  spec: Record<string, any> = {},
  options: Partial<Pick<PolicedResource, "parent" | "dependsOn">> = {},
): PolicedResource {
  return resource(
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    {
      metadata: { namespace: "data", name },
      spec: { instances: 3, storage: { size: "10Gi", storageClass: "longhorn" }, ...spec },
    },
    { name, ...options },
  );
}

/** A component that declares the claims of its chart. */
export function claimingComponent(
  name: string,
  claims: unknown,
  options: Partial<Pick<PolicedResource, "parent" | "dependsOn">> = {},
): PolicedResource {
  return resource("lab:apps:App", { claims }, { name, ...options });
}

/** A valid release of Longhorn. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function longhorn(change: Record<string, any> = {}): PolicedResource {
  return release(
    {
      name: "longhorn",
      chart: "longhorn",
      version: "1.12.1",
      namespace: "longhorn-system",
      values: { defaultSettings: { createDefaultDiskLabeledNodes: true, defaultReplicaCount: unknown } },
      ...change,
    },
    "longhorn",
  );
}

/** The command that declares disks to Longhorn. `disks` has the form of the script's setting. */
export function declareStep(node: string, disks: unknown, name = `${node}-declare-disks`): PolicedResource {
  return guestCommand(
    "declare-disks.sh",
    {
      NODE_NAME: node,
      DISKS_B64: Buffer.from(typeof disks === "string" ? disks : JSON.stringify(disks)).toString("base64"),
    },
    name,
  );
}

/** The storage canary: the command that writes and reads a volume of each of these classes. */
export function canary(classes = "longhorn", name = "storage-canary"): PolicedResource {
  return guestCommand("verify-storage.sh", { CLASSES: classes }, name);
}
