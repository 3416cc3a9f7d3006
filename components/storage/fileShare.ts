import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";

/** A directory of an NFS server as a PersistentVolume, for data that is too large for the disks of the nodes, such as media (S10). */
export class FileShare extends pulumi.ComponentResource {
  /** The storageClassName of a claim for this volume. */
  readonly storageClass: pulumi.Output<string>;

  constructor(
    name: string,
    args: {
      readonly share: Lab["config"]["storage"]["shares"][string];
      readonly provider: kubernetes.Provider;
      readonly protect: boolean;
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { share } = args;
    super("lab:storage:FileShare", name, { server: share.server, path: share.path }, opts);
    const own = { provider: args.provider, parent: this, dependsOn: [...args.after] };
    const className = `nfs-${name}`;
    const storageClass = new kubernetes.storage.v1.StorageClass(
      className,
      {
        metadata: { name: className },
        // No dynamic provisioning: the volume below is the whole directory.
        provisioner: "kubernetes.io/no-provisioner",
        reclaimPolicy: "Retain",
        volumeBindingMode: "Immediate",
      },
      own,
    );
    this.storageClass = storageClass.metadata.name;
    new kubernetes.core.v1.PersistentVolume(
      className,
      {
        metadata: { name: className },
        spec: {
          storageClassName: storageClass.metadata.name,
          capacity: { storage: `${share.sizeGiB}Gi` },
          accessModes: ["ReadWriteMany"],
          persistentVolumeReclaimPolicy: "Retain",
          mountOptions: share.mountOptions,
          nfs: { server: share.server, path: share.path },
        },
      },
      { ...own, protect: args.protect },
    );
    this.registerOutputs({ storageClass: this.storageClass });
  }
}
