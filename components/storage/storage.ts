import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { isDefaultClass } from "../../catalog/annotations.ts";
import { charts } from "../../catalog/charts.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
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
 * Volumes: snapshots, Longhorn on declared disks with a class for each tier, file shares, and the canary that has
 * written and read one of each class before anything else may ask for storage.
 */
export class Storage extends pulumi.ComponentResource {
  /** A volume of every class was claimed, written, read on another node and restored from a snapshot (S11). */
  readonly canary: pulumi.Resource;
  /** What a snapshot is, to the cluster. */
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
      componentTypes.storage,
      name,
      {
        version: lab.config.storage.longhornVersion,
        reservePercent: lab.config.storage.reservePercent,
        classes,
      },
      opts,
    );
    const own = { provider, parent: this };
    const after = { ...own, dependsOn: [network.ready] };

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

    const namespace = longhornHome(lab, provider, { parent: this, dependsOn: [network.ready] });
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
            // A node that joins anew has lost what its object carried.
            triggers: rebuildTrigger(node),
          },
          [cluster.verified],
          this,
        ),
      );
    const fresh = bootstrapServer.run(
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
        dependsOn: [...disks, credentials, snapshots.ready, fresh],
        hooks: { beforeUpdate: [versionGuard()] },
      },
    );
    const verified = bootstrapServer.run(
      "longhorn-verify",
      { script: "verify-longhorn.sh", settings: verifyLonghornSettings(lab), timeout: "20m" },
      [longhorn],
      this,
    );
    const held = { ...own, dependsOn: [verified] };
    const jobs = recurringJobs.map((job) =>
      customResource(
        `longhorn-${job.name}`,
        {
          apiVersion: "longhorn.io/v1beta2",
          kind: "RecurringJob",
          metadata: { name: job.name, namespace: namespace.namespace },
          spec: recurringJobSpec(job),
        },
        held,
      ),
    );
    const made = tierClasses(lab).map(
      (each) => new kubernetes.storage.v1.StorageClass(each.name, tierClassArgs(each), held),
    );
    // K3s calls its own class the default one too, and a claim that asks for nothing would get either.
    const other = new kubernetes.storage.v1.StorageClassPatch(
      "local-path",
      {
        metadata: {
          name: "local-path",
          annotations: { [isDefaultClass]: "false" },
        },
      },
      after,
    );
    const snapshotting = new kubernetes.apiextensions.CustomResource(
      snapshotClass,
      {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: { name: snapshotClass, labels: { "velero.io/csi-volumesnapshot-class": "true" } },
        driver: longhornDriver,
        deletionPolicy: "Delete",
        // A snapshot on the disks; the other kind is a backup, on which Velero's data mover hangs (velero#8576).
        parameters: { type: "snap" },
      },
      { ...held, dependsOn: [verified, this.snapshotDefinitions] },
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
        // Once more for every release of what makes the volumes.
        triggers: [lab.config.storage.longhornVersion],
      },
      [...made, ...jobs, other, snapshotting, canary.guarded],
      this,
    );
    this.registerOutputs({});
  }
}

/** Longhorn's own namespace: it runs the disks of the nodes, and its parts talk to each other all the time. */
function longhornHome(
  lab: Lab,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const self = { namespace: longhornNamespace };
  const networkRules: NetworkRule[] = [
    { name: "own-in", direction: "from", peer: self, ports: [] },
    { name: "own-out", direction: "to", peer: self, ports: [] },
    { name: "api-out", direction: "to", peer: { api: true }, ports: [] },
    // The API's webhooks, and the nodes' own iSCSI initiators, which log in to the engines' pods.
    { name: "nodes-in", direction: "from", peer: { api: true }, ports: [] },
    { name: "backups", direction: "to", peer: { world: true }, ports: [443] },
  ];
  return new Namespace(
    longhornNamespace,
    {
      provider,
      quota: longhornQuota(lab),
      // Its engines set no limit of their own: one that is killed takes its volumes down with it.
      defaultMemory: "4Gi",
      podSecurity: {
        profile: "privileged",
        reason: "Longhorn mounts the disks of the nodes and talks to their iSCSI initiator",
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
