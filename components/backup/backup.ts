import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import { generatedPassword } from "../generatedPassword.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { alertRules } from "../kubernetes/alerts.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { applyCrdsSettings } from "../kubernetes/customResourceDefinitions.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import { podMonitor } from "../kubernetes/scrape.ts";
import type { Network } from "../network/network.ts";
import type { Storage } from "../storage/storage.ts";
import type { BackupPlan } from "./backupPlan.ts";
import type { ClaimsRestored } from "./claimsRestored.ts";
import { Drill } from "./drill.ts";
import { credentialsFile, locationSecret, veleroNamespace } from "./locations.ts";
import { veleroDefinitions } from "./veleroDefinitions.ts";
import { nodeAgentConfigName } from "./veleroValues.ts";
import { volumePoliciesName } from "./volumePolicies.ts";

export interface BackupArgs {
  /** Velero's locations, schedules and values, as {@link BackupPlan} derives them from the configuration. */
  readonly plan: BackupPlan;
  /** The cluster that Velero runs in. Its bootstrap server installs the CRDs and verifies the bucket. */
  readonly cluster: Pick<Cluster, "provider" | "bootstrapServer" | "ready">;
  /** The namespace depends on it: its network policies must apply. */
  readonly network: Pick<Network, "ready">;
  /** Velero needs the CRDs of snapshots; a restore and the drill also need working volumes (S11). */
  readonly storage: Pick<Storage, "ready" | "snapshotDefinitions">;
  /** Secret: id of the bucket's application key. */
  readonly backupKeyId: pulumi.Output<string>;
  /** Secret: the bucket's application key. */
  readonly backupKey: pulumi.Output<string>;
  /** The CRDs of PrometheusRule and PodMonitor: only alerts and scrape targets depend on them. */
  readonly monitoringDefinitions: pulumi.Resource;
}

/** Velero: off-site backups of objects and volumes, and the restore of claims. */
export class Backup extends pulumi.ComponentResource {
  /** The bucket accepts, lists and returns Velero's objects, and the schedules exist. */
  readonly ready: pulumi.Resource;
  readonly claimsRestored: ClaimsRestored;
  /**
   * Secret: the password that encrypts the volumes in the bucket. Without it no backup of a volume can be
   * read.
   */
  readonly repositoryPassword: pulumi.Output<string>;

  constructor(name: string, args: BackupArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, cluster, network, storage } = args;
    const { provider, bootstrapServer } = cluster;
    const { bucket, endpoint, region, generation } = plan.store;
    super("lab:backup:Backup", name, { bucket, endpoint, region, generation }, opts);
    const child = { provider, parent: this };
    /** The names of its children begin with its own; earlier releases left that out. */
    const aliasOf = (formerName: string) => ({ aliases: [{ name: formerName }] });

    const definitions = bootstrapServer.run(
      "velero-definitions",
      { script: "apply-crds.sh", settings: applyCrdsSettings(veleroDefinitions), timeout: "10m" },
      [cluster.ready],
      this,
    );
    const namespace = veleroNamespaceOf(plan, provider, { parent: this, dependsOn: [network.ready] });
    const inside = { namespace: namespace.namespace };
    const guarded = { ...child, dependsOn: [namespace.ready] };
    const credentials = new kubernetes.core.v1.Secret(
      `${name}-velero-${locationSecret.name}`,
      {
        metadata: { ...inside, name: locationSecret.name },
        stringData: {
          [locationSecret.key]: pulumi
            .all([args.backupKeyId, args.backupKey])
            .apply(([keyId, key]) => credentialsFile(keyId, key)),
        },
      },
      { ...guarded, ...aliasOf(`velero-${locationSecret.name}`) },
    );
    const password = generatedPassword(`${name}-repository`, 48, { parent: this, protect: plan.protect });
    this.repositoryPassword = password.result;
    // Velero uses the Secret if it exists. Otherwise it creates one with a well-known password
    // (pkg/repository/keys/keys.go).
    const repository = new kubernetes.core.v1.Secret(
      `${name}-velero-repository`,
      {
        metadata: { ...inside, name: "velero-repo-credentials" },
        stringData: { "repository-password": password.result },
      },
      { ...guarded, ...aliasOf("velero-repository") },
    );
    const configMap = (mapName: string, data: Record<string, string>) =>
      new kubernetes.core.v1.ConfigMap(
        `${name}-velero-${mapName}`,
        { metadata: { ...inside, name: mapName }, data },
        { ...guarded, ...aliasOf(`velero-${mapName}`) },
      );
    const policies = configMap(volumePoliciesName, plan.volumePolicies);
    const agents = configMap(nodeAgentConfigName, { "config.json": JSON.stringify(plan.nodeAgentConfig) });

    const velero = release(
      "velero",
      {
        chart: charts.velero,
        namespace: namespace.namespace,
        values: plan.values,
        timeoutSeconds: 600,
      },
      { ...child, dependsOn: [definitions, storage.snapshotDefinitions, credentials, repository, agents] },
    );
    const veleroResource = (
      kind: string,
      object: string,
      spec: Readonly<Record<string, unknown>>,
      after: pulumi.Resource[],
    ) =>
      customResource(
        `${name}-velero-${object}`,
        { apiVersion: "velero.io/v1", kind, metadata: { ...inside, name: object }, spec },
        { ...child, ...aliasOf(`velero-${object}`), dependsOn: after },
      );
    const stores = plan.locations.map((location) =>
      veleroResource("BackupStorageLocation", location.name, location.spec, [velero, credentials]),
    );
    const verified = bootstrapServer.run(
      "velero-verify-store",
      { script: "verify-backup-store.sh", settings: plan.verifyStore, timeout: "10m" },
      stores,
      this,
    );
    for (const schedule of plan.schedules)
      veleroResource("Schedule", schedule.name, schedule.spec, [verified, policies]);
    this.ready = verified;
    const monitoring = { ...child, dependsOn: [verified, args.monitoringDefinitions] };
    podMonitor(
      {
        name: "velero",
        namespace: veleroNamespace,
        pods: { "app.kubernetes.io/name": "velero" },
        port: 8085,
      },
      monitoring,
    );
    alertRules("backups", { namespace: namespace.namespace, alerts: plan.alerts }, monitoring);
    new Drill(
      "restore-drill",
      {
        provider,
        schedules: plan.drill,
        protect: plan.protect,
        after: [verified, storage.ready, args.monitoringDefinitions],
      },
      { parent: this },
    );

    this.claimsRestored = (restored, parent) => {
      const settings = plan.restoreClaims(restored.namespace);
      if (settings === undefined) return [];
      return [
        bootstrapServer.run(
          `${restored.namespace}-restore-claims`,
          {
            script: "restore-claims.sh",
            settings,
            timeout: "4h",
          },
          // Velero itself starts while the storage canary still runs: only a restore needs storage.
          [verified, storage.ready, restored.ready],
          parent,
        ),
      ];
    };
    this.registerOutputs({});
  }
}

/** Velero's namespace. Its node agents read the volumes of every pod of their node. */
function veleroNamespaceOf(
  plan: BackupPlan,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  return new Namespace(
    veleroNamespace,
    {
      provider,
      quota: plan.quota,
      defaultMemory: "1Gi",
      podSecurity: {
        profile: "privileged",
        reason: "its agents read the volumes of all pods of their node, as root, from the kubelet directory",
      },
      networkRules: [
        { name: "api-out", direction: "egress", peer: kubernetesApi, ports: [] },
        {
          name: "store",
          direction: "egress",
          peer: { entities: ["world"] },
          ports: [plan.store.port],
        },
      ],
    },
    opts,
  );
}
