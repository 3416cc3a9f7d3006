import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import { restorePoint } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
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
import { backupAlerts } from "./backupAlerts.ts";
import type { ClaimsRestored } from "./claimsRestored.ts";
import { Drill } from "./drill.ts";
import { credentialsFile, locationSecret, locations, veleroNamespace } from "./locations.ts";
import { backupSchedules } from "./schedules.ts";
import { veleroDefinitions } from "./veleroDefinitions.ts";
import { restoreClaimsSettings, verifyBackupStoreSettings } from "./veleroSteps.ts";
import { nodeAgentConfig, nodeAgentConfigName, veleroQuota, veleroValues } from "./veleroValues.ts";
import { volumePoliciesData, volumePoliciesName } from "./volumePolicies.ts";

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

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly storage: Storage;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
      /** The CRDs of PrometheusRule and PodMonitor. */
      readonly definitions: pulumi.Resource;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, cluster, network, storage } = args;
    const { provider, bootstrapServer } = cluster;
    const { bucket, endpoint, region, generation } = lab.config.backup;
    super("lab:backup:Backup", name, { bucket, endpoint, region, generation }, opts);
    const own = { provider, parent: this };

    const definitions = bootstrapServer.run(
      "velero-definitions",
      { script: "apply-crds.sh", settings: applyCrdsSettings(veleroDefinitions), timeout: "10m" },
      [cluster.ready],
      this,
    );
    const namespace = veleroHome(lab, provider, { parent: this, dependsOn: [network.ready] });
    const inside = { namespace: namespace.namespace };
    const guarded = { ...own, dependsOn: [namespace.ready] };
    const credentials = new kubernetes.core.v1.Secret(
      `velero-${locationSecret.name}`,
      {
        metadata: { ...inside, name: locationSecret.name },
        stringData: {
          [locationSecret.key]: pulumi
            .all([args.backupKeyId, args.backupKey])
            .apply(([keyId, key]) => credentialsFile(keyId, key)),
        },
      },
      guarded,
    );
    const password = generatedPassword(`${name}-repository`, 48, { parent: this, protect: lab.isProtected });
    this.repositoryPassword = password.result;
    // Velero uses the Secret if it exists. Otherwise it creates one with a well-known password
    // (pkg/repository/keys/keys.go).
    const repository = new kubernetes.core.v1.Secret(
      "velero-repository",
      {
        metadata: { ...inside, name: "velero-repo-credentials" },
        stringData: { "repository-password": password.result },
      },
      guarded,
    );
    const configMap = (mapName: string, data: Record<string, string>) =>
      new kubernetes.core.v1.ConfigMap(
        `velero-${mapName}`,
        { metadata: { ...inside, name: mapName }, data },
        guarded,
      );
    const policies = configMap(volumePoliciesName, volumePoliciesData(lab));
    const agents = configMap(nodeAgentConfigName, { "config.json": JSON.stringify(nodeAgentConfig(lab)) });

    const velero = release(
      "velero",
      {
        chart: charts.velero,
        namespace: namespace.namespace,
        values: veleroValues(lab),
        timeoutSeconds: 600,
      },
      { ...own, dependsOn: [definitions, storage.snapshotDefinitions, credentials, repository, agents] },
    );
    const velerosOwn = (
      kind: string,
      object: string,
      spec: Readonly<Record<string, unknown>>,
      after: pulumi.Resource[],
    ) =>
      customResource(
        `velero-${object}`,
        { apiVersion: "velero.io/v1", kind, metadata: { ...inside, name: object }, spec },
        { ...own, dependsOn: after },
      );
    const stores = locations(lab).map((location) =>
      velerosOwn("BackupStorageLocation", location.name, location.spec, [velero, credentials]),
    );
    const verified = bootstrapServer.run(
      "velero-verify-store",
      { script: "verify-backup-store.sh", settings: verifyBackupStoreSettings(lab), timeout: "10m" },
      stores,
      this,
    );
    for (const schedule of backupSchedules(lab))
      velerosOwn("Schedule", schedule.name, schedule.spec, [verified, policies]);
    this.ready = verified;
    const watched = { ...own, dependsOn: [verified, args.definitions] };
    podMonitor(
      {
        name: "velero",
        namespace: veleroNamespace,
        pods: { "app.kubernetes.io/name": "velero" },
        port: 8085,
      },
      watched,
    );
    alertRules("backups", { namespace: namespace.namespace, alerts: backupAlerts(lab) }, watched);
    new Drill(
      "restore-drill",
      { lab, provider, after: [verified, storage.ready, args.definitions] },
      { parent: this },
    );

    this.claimsRestored = (restored, parent) => {
      const point = restorePoint(lab, restored.namespace);
      if (point === undefined) return [];
      return [
        bootstrapServer.run(
          `${restored.namespace}-restore-claims`,
          {
            script: "restore-claims.sh",
            settings: restoreClaimsSettings(lab, restored.namespace, point),
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
function veleroHome(
  lab: Lab,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  return new Namespace(
    veleroNamespace,
    {
      provider,
      quota: veleroQuota(lab),
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
          ports: [portOf(lab.config.backup.endpoint)],
        },
      ],
    },
    opts,
  );
}

const portOf = (url: string) => Number(new URL(url).port || 443);
