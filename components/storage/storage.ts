import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { isDefaultClass } from "../../catalog/annotations.ts";
import { charts } from "../../catalog/charts.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { changeGuard } from "../changeGuard.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { applyCrdsSettings } from "../kubernetes/customResourceDefinitions.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, type NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import type { Network } from "../network/network.ts";
import { rebuildTrigger } from "../node/node.ts";
import { FileShare } from "./fileShare.ts";
import { canaryNamespace } from "./longhornSteps.ts";
import { backupSecret, longhornNamespace } from "./longhornValues.ts";
import { refusedLonghornVersion } from "./longhornVersion.ts";
import { recurringJobSpec, recurringJobs } from "./recurringJobs.ts";
import { SnapshotController } from "./snapshotController.ts";
import { snapshotClass, snapshotDefinitions } from "./snapshots.ts";
import { longhornDriver, tierClassArgs } from "./storageClasses.ts";
import type { StoragePlan } from "./storagePlan.ts";

/** The arguments of {@link Storage}. */
export interface StorageArgs {
  /** The storage as it follows from the configuration, from `storagePlan`. */
  readonly plan: StoragePlan;
  readonly cluster: Cluster;
  /** The cluster's network, which must be ready before the first pod. */
  readonly network: Network;
  /** Secret: the key of the bucket for Longhorn's backups. */
  readonly backupKeyId: pulumi.Output<string>;
  readonly backupKey: pulumi.Output<string>;
}

/**
 * Storage of the cluster: volume snapshots, Longhorn on declared disks with a StorageClass per tier, NFS shares, and the
 * canary that writes and reads a volume of each class before any other resource claims storage.
 */
export class Storage extends pulumi.ComponentResource {
  /** The canary: a volume of every class was claimed, written, read on another node and restored from a snapshot (S11). */
  readonly ready: pulumi.Resource;
  /** The CustomResourceDefinitions of volume snapshots. Velero depends only on these, so that it starts in parallel with Longhorn. */
  readonly snapshotDefinitions: pulumi.Resource;

  constructor(name: string, args: StorageArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, cluster, network } = args;
    const { provider, bootstrapServer } = cluster;
    super(
      componentTypes.storage,
      name,
      { version: plan.version, reservePercent: plan.reservePercent, classes: plan.classes },
      opts,
    );
    const own = { provider, parent: this };
    // Names of children begin with the component's name; the alias is their name without it.
    const renamed = (old: string) => ({ aliases: [{ name: old }] });

    this.snapshotDefinitions = bootstrapServer.run(
      `${name}-volume-snapshots`,
      {
        script: "apply-crds.sh",
        settings: applyCrdsSettings(snapshotDefinitions),
        timeout: "10m",
        aliases: ["volume-snapshots"],
      },
      [cluster.ready],
      this,
    );
    const snapshots = new SnapshotController(
      `${name}-snapshot-controller`,
      { provider },
      { parent: this, dependsOn: [this.snapshotDefinitions], ...renamed("snapshot-controller") },
    );

    const namespace = createLonghornNamespace(plan, provider, {
      parent: this,
      dependsOn: [network.ready],
    });
    const credentials = new kubernetes.core.v1.Secret(
      `${name}-${backupSecret}`,
      {
        metadata: { name: backupSecret, namespace: namespace.namespace },
        stringData: {
          AWS_ACCESS_KEY_ID: args.backupKeyId,
          AWS_SECRET_ACCESS_KEY: args.backupKey,
          AWS_ENDPOINTS: plan.backupStore.endpoint,
        },
      },
      { ...own, dependsOn: [namespace.ready], ...renamed(backupSecret) },
    );
    const disks = plan.disks.map(({ node, settings }) =>
      bootstrapServer.run(
        `${name}-${node.name}-declare-disks`,
        {
          script: "declare-disks.sh",
          settings,
          timeout: "5m",
          // A rebuilt node registers with a new node object, without the annotation.
          triggers: rebuildTrigger(node),
          aliases: [`${node.name}-declare-disks`],
        },
        [cluster.ready],
        this,
      ),
    );
    const backupsFresh = bootstrapServer.run(
      `${name}-longhorn-backups-fresh`,
      {
        script: "verify-backup.sh",
        settings: plan.verifyBackup,
        timeout: "5m",
        aliases: ["longhorn-backups-fresh"],
      },
      [network.ready],
      this,
    );
    const longhorn = release(
      `${name}-longhorn`,
      {
        releaseName: "longhorn",
        chart: { ...charts.longhorn, version: plan.version },
        namespace: namespace.namespace,
        values: plan.values,
        timeoutSeconds: 900,
      },
      {
        ...own,
        dependsOn: [...disks, credentials, snapshots.ready, backupsFresh],
        hooks: { beforeUpdate: [versionGuard()] },
        ...renamed("longhorn"),
      },
    );
    const verified = bootstrapServer.run(
      `${name}-longhorn-verify`,
      {
        script: "verify-longhorn.sh",
        settings: plan.verifyLonghorn,
        timeout: "20m",
        aliases: ["longhorn-verify"],
      },
      [longhorn],
      this,
    );
    const withLonghorn = { ...own, dependsOn: [verified] };
    const jobs = recurringJobs.map((job) =>
      customResource(
        `${name}-longhorn-${job.name}`,
        {
          apiVersion: "longhorn.io/v1beta2",
          kind: "RecurringJob",
          metadata: { name: job.name, namespace: namespace.namespace },
          spec: recurringJobSpec(job),
        },
        { ...withLonghorn, ...renamed(`longhorn-${job.name}`) },
      ),
    );
    const tierStorageClasses = plan.tiers.map(
      (tier) =>
        new kubernetes.storage.v1.StorageClass(`${name}-${tier.name}`, tierClassArgs(tier), {
          ...withLonghorn,
          ...renamed(tier.name),
        }),
    );
    // K3s also marks its local-path class as default; a claim without a class must get Longhorn's.
    const localPath = new kubernetes.storage.v1.StorageClassPatch(
      `${name}-local-path`,
      {
        metadata: {
          name: "local-path",
          annotations: { [isDefaultClass]: "false" },
        },
      },
      { ...own, dependsOn: [network.ready], ...renamed("local-path") },
    );
    const volumeSnapshotClass = new kubernetes.apiextensions.CustomResource(
      `${name}-${snapshotClass}`,
      {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: { name: snapshotClass, labels: { "velero.io/csi-volumesnapshot-class": "true" } },
        driver: longhornDriver,
        deletionPolicy: "Delete",
        // `snap` keeps the snapshot on the disks. With `bak`, a backup, Velero's data mover hangs (velero#8576).
        parameters: { type: "snap" },
      },
      { ...withLonghorn, dependsOn: [verified, this.snapshotDefinitions], ...renamed(snapshotClass) },
    );
    for (const [share, config] of Object.entries(plan.shares))
      new FileShare(
        `${name}-${share}`,
        { share, ...config, provider, protect: plan.protect },
        { parent: this, dependsOn: [network.ready], ...renamed(share) },
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
    this.ready = bootstrapServer.run(
      `${name}-canary`,
      {
        script: "verify-storage.sh",
        settings: plan.verifyStorage,
        timeout: "30m",
        // Runs again after every upgrade of Longhorn.
        triggers: [plan.version],
      },
      [...tierStorageClasses, ...jobs, localPath, volumeSnapshotClass, canary.ready],
      this,
    );
    this.registerOutputs({});
  }
}

/** Longhorn's namespace: privileged, and its pods may connect to each other. */
function createLonghornNamespace(
  { quota, backupStore }: Pick<StoragePlan, "quota" | "backupStore">,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const self = { namespace: longhornNamespace };
  const networkRules: NetworkRule[] = [
    { name: "own-in", direction: "ingress", peer: self, ports: [] },
    { name: "own-out", direction: "egress", peer: self, ports: [] },
    { name: "api-out", direction: "egress", peer: kubernetesApi, ports: [] },
    // The API server calls Longhorn's webhooks, and the iSCSI initiators of the nodes log in to the engine pods.
    { name: "nodes-in", direction: "ingress", peer: kubernetesApi, ports: [] },
    { name: "backups", direction: "egress", peer: { entities: ["world"] }, ports: [backupStore.port] },
  ];
  return new Namespace(
    longhornNamespace,
    {
      provider,
      quota,
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
