import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";

/** The arguments of a {@link FileShare}. */
export interface FileShareArgs {
  /** Name of the share: the StorageClass and the PersistentVolume are named `nfs-SHARE`. */
  readonly share: string;
  /** Host name or address of the NFS server. */
  readonly server: string;
  /** Absolute path of the exported directory. */
  readonly path: string;
  /** Capacity of the PersistentVolume, in GiB. NFS does not enforce it. */
  readonly sizeGiB: number;
  /** Options of mount(8), such as `nfsvers=4.2`. */
  readonly mountOptions: readonly string[];
  readonly provider: kubernetes.Provider;
  /** Whether Pulumi protects the PersistentVolume from deletion. */
  readonly protect: boolean;
}

/** A directory of an NFS server as a PersistentVolume, for data that is too large for the disks of the nodes, such as media (S10). */
export class FileShare extends pulumi.ComponentResource {
  /** The storageClassName of a claim for this volume. */
  readonly storageClass: pulumi.Output<string>;
  /** The PersistentVolume. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: FileShareArgs, opts: pulumi.ComponentResourceOptions) {
    const { server, path } = args;
    super("lab:storage:FileShare", name, { server, path }, opts);
    const className = `nfs-${args.share}`;
    const childOptions = {
      provider: args.provider,
      parent: this,
      ...(opts.dependsOn && { dependsOn: opts.dependsOn }),
      aliases: [{ name: className }],
    };
    const storageClass = new kubernetes.storage.v1.StorageClass(
      name,
      {
        metadata: { name: className },
        // No dynamic provisioning: the volume below is the whole directory.
        provisioner: "kubernetes.io/no-provisioner",
        reclaimPolicy: "Retain",
        volumeBindingMode: "Immediate",
      },
      childOptions,
    );
    this.storageClass = storageClass.metadata.name;
    this.ready = new kubernetes.core.v1.PersistentVolume(
      name,
      {
        metadata: { name: className },
        spec: {
          storageClassName: storageClass.metadata.name,
          capacity: { storage: `${args.sizeGiB}Gi` },
          accessModes: ["ReadWriteMany"],
          persistentVolumeReclaimPolicy: "Retain",
          mountOptions: [...args.mountOptions],
          nfs: { server, path },
        },
      },
      { ...childOptions, protect: args.protect },
    );
    this.registerOutputs({ storageClass: this.storageClass });
  }
}
