import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import { changeGuard } from "../changeGuard.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { applyCrdsSettings } from "../kubernetes/customResourceDefinitions.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import type { Network } from "../network/network.ts";
import { rebuildTrigger } from "../node/node.ts";
import { FileShare } from "./fileShare.ts";
import {
  canaryNamespace,
  declareDisksSettings,
  verifyBackupSettings,
  verifyLonghornSettings,
  verifyStorageSettings,
} from "./longhornSteps.ts";
import { backupSecret, longhornNamespace, longhornQuota, longhornValues } from "./longhornValues.ts";
import { refusedLonghornVersion } from "./longhornVersion.ts";
import { recurringJobSpec, recurringJobs } from "./recurringJobs.ts";
import { SnapshotController } from "./snapshotController.ts";
import { snapshotClass, snapshotDefinitions } from "./snapshots.ts";
import { longhornClasses, longhornDriver, tierClassArgs, tierClasses } from "./storageClasses.ts";

/**
 * Storage of the cluster: volume snapshots, Longhorn on declared disks with a StorageClass per tier, NFS shares, and the
 * canary that writes and reads a volume of each class before any other resource claims storage.
 */
export class Storage extends pulumi.ComponentResource {
  /** The canary: a volume of every class was claimed, written, read on another node and restored from a snapshot (S11). */
  readonly canary: pulumi.Resource;
  /** The CustomResourceDefinitions of volume snapshots are installed. */
  readonly snapshotDefinitions: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, cluster, network } = args;
    const { provider, bootstrapServer } = cluster;
    const classes = longhornClasses(lab);
    super(
      "lab:storage:Storage",
      name,
      {
        version: lab.config.storage.longhornVersion,
        reservePercent: lab.config.storage.reservePercent,
        classes,
      },
      opts,
    );
    const own = { provider, parent: this };

    this.snapshotDefinitions = bootstrapServer.run(
      "volume-snapshots",
      { script: "apply-crds.sh", settings: applyCrdsSettings(snapshotDefinitions), timeout: "10m" },
      [cluster.verified],
      this,
    );
    const snapshots = new SnapshotController(
      { provider, after: [this.snapshotDefinitions] },
      { parent: this },
    );

    const namespace = createLonghornNamespace(lab, provider, { parent: this, dependsOn: [network.ready] });
    const credentials = new kubernetes.core.v1.Secret(
      backupSecret,
      {
        metadata: { name: backupSecret, namespace: namespace.namespace },
        stringData: {
          AWS_ACCESS_KEY_ID: args.backupKeyId,
          AWS_SECRET_ACCESS_KEY: args.backupKey,
          AWS_ENDPOINTS: lab.config.backup.endpoint,
        },
      },
      { ...own, dependsOn: [namespace.guarded] },
    );
    const disks = lab.nodes
      .filter((node) => node.longhornDisks.length > 0)
      .map((node) =>
        bootstrapServer.run(
          `${node.name}-declare-disks`,
          {
            script: "declare-disks.sh",
            settings: declareDisksSettings(lab, node),
            timeout: "5m",
            // A rebuilt node registers with a new node object, without the annotation.
            triggers: rebuildTrigger(node),
          },
          [cluster.verified],
          this,
        ),
      );
    const backupsFresh = bootstrapServer.run(
      "longhorn-backups-fresh",
      { script: "verify-backup.sh", settings: verifyBackupSettings(lab), timeout: "5m" },
      [network.ready],
      this,
    );
    const longhorn = release(
      "longhorn",
      {
        chart: { ...charts.longhorn, version: lab.config.storage.longhornVersion },
        namespace: namespace.namespace,
        values: longhornValues(lab),
        timeoutSeconds: 900,
      },
      {
        ...own,
        dependsOn: [...disks, credentials, snapshots.ready, backupsFresh],
        hooks: { beforeUpdate: [versionGuard()] },
      },
    );
    const verified = bootstrapServer.run(
      "longhorn-verify",
      { script: "verify-longhorn.sh", settings: verifyLonghornSettings(lab), timeout: "20m" },
      [longhorn],
      this,
    );
    const withLonghorn = { ...own, dependsOn: [verified] };
    const jobs = recurringJobs.map((job) =>
      customResource(
        `longhorn-${job.name}`,
        {
          apiVersion: "longhorn.io/v1beta2",
          kind: "RecurringJob",
          metadata: { name: job.name, namespace: namespace.namespace },
          spec: recurringJobSpec(job),
        },
        withLonghorn,
      ),
    );
    const tierStorageClasses = tierClasses(lab).map(
      (each) => new kubernetes.storage.v1.StorageClass(each.name, tierClassArgs(each), withLonghorn),
    );
    // K3s also marks its local-path class as default; a claim without a class must get Longhorn's.
    const localPath = new kubernetes.storage.v1.StorageClassPatch(
      "local-path",
      {
        metadata: {
          name: "local-path",
          annotations: { "storageclass.kubernetes.io/is-default-class": "false" },
        },
      },
      { ...own, dependsOn: [network.ready] },
    );
    const volumeSnapshotClass = new kubernetes.apiextensions.CustomResource(
      snapshotClass,
      {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: { name: snapshotClass, labels: { "velero.io/csi-volumesnapshot-class": "true" } },
        driver: longhornDriver,
        deletionPolicy: "Delete",
        // `snap` keeps the snapshot on the disks. With `bak`, a backup, Velero's data mover hangs (velero#8576).
        parameters: { type: "snap" },
      },
      { ...withLonghorn, dependsOn: [verified, this.snapshotDefinitions] },
    );
    for (const [share, config] of Object.entries(lab.config.storage.shares))
      new FileShare(
        share,
        { share: config, provider, protect: lab.isProtected, after: [network.ready] },
        { parent: this },
      );

    const canary = new Namespace(
      canaryNamespace,
      {
        provider,
        quota: { cpu: "500m", memory: "512Mi", pods: 4 },
        podSecurity: { profile: "restricted" },
        networkRules: [],
      },
      { parent: this, dependsOn: [network.ready] },
    );
    this.canary = bootstrapServer.run(
      "storage-canary",
      {
        script: "verify-storage.sh",
        settings: verifyStorageSettings(lab),
        timeout: "30m",
        // Runs again after every upgrade of Longhorn.
        triggers: [lab.config.storage.longhornVersion],
      },
      [...tierStorageClasses, ...jobs, localPath, volumeSnapshotClass, canary.guarded],
      this,
    );
    this.registerOutputs({});
  }
}

/** Longhorn's namespace: privileged, and its pods may connect to each other. */
function createLonghornNamespace(
  lab: Lab,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const self = { namespace: longhornNamespace };
  const networkRules: NetworkRule[] = [
    { name: "own-in", direction: "from", peer: self, ports: [] },
    { name: "own-out", direction: "to", peer: self, ports: [] },
    { name: "api-out", direction: "to", peer: { api: true }, ports: [] },
    // The API server calls Longhorn's webhooks, and the iSCSI initiators of the nodes log in to the engine pods.
    { name: "nodes-in", direction: "from", peer: { api: true }, ports: [] },
    { name: "backups", direction: "to", peer: { world: true }, ports: [443] },
  ];
  return new Namespace(
    longhornNamespace,
    {
      provider,
      quota: longhornQuota(lab),
      // Longhorn sets no limits on its engine pods. An engine that is OOM-killed takes its volumes down.
      defaultMemory: "4Gi",
      podSecurity: {
        profile: "privileged",
        reason: "Longhorn mounts the disks of the nodes and uses their iSCSI initiator",
      },
      networkRules,
    },
    opts,
  );
}

function versionGuard(): pulumi.ResourceHook {
  return changeGuard<{ readonly version: string }>("longhorn-version-guard", (old, now) =>
    refusedLonghornVersion(String(old?.version), now.version),
  );
}
