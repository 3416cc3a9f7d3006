import { preparedNodeType } from "../../components/node/preparedNodeType.ts";
import { storageType } from "../../components/storage/storageClasses.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { guestCommand, object, release, resource, unknown } from "./testing.ts";

/** A node of a lab, in good order: with Longhorn's labels where it has disks. */
export function labNode(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  change: Record<string, any> = {},
): PolicedResource {
  const disks: unknown[] = change.disks ?? [disk()];
  const labels =
    disks.length === 0 ? {} : { storage: "longhorn", "node.longhorn.io/create-default-disk": "config" };
  return resource(
    preparedNodeType,
    { role: "agent", address: unknown, vlan: 145, cores: 4, memoryMiB: 8192, labels, disks, ...change },
    { name },
  );
}

export function disk(sizeGiB = 100, ...tags: readonly string[]) {
  return { name: "data1", sizeGiB, tags };
}

/** A class of Longhorn's, by its name, replicas and tag. */
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

/** A file server's directory as a volume and a class, as the program makes both. */
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

/** The component that says how much of every disk is kept free. */
export const storage = resource(storageType, { reservePercent: 30 }, { name: "storage" });

/** A claim of one volume. */
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

/** A StatefulSet of one container, each of its pods with a volume of its own. */
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

/** A cluster of CloudNativePG. */
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

/** A component that says what its chart claims. */
export function claiming(
  name: string,
  claims: unknown,
  options: Partial<Pick<PolicedResource, "parent" | "dependsOn">> = {},
): PolicedResource {
  return resource("lab:apps:App", { claims }, { name, ...options });
}

/** Longhorn's release, in good order. */
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

/** The step that declares disks to Longhorn; `disks` as the script gets them. */
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

/** The step that has written and read a volume of each of these classes. */
export function canary(classes = "longhorn", name = "storage-canary"): PolicedResource {
  return guestCommand("verify-storage.sh", { CLASSES: classes }, name);
}
