import { dirname } from "node:path";
import type { Lab } from "../../../config/lab.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { buildGo, whyNoGo } from "../../../guest/testing/goProgram.ts";
import { s3Program } from "../../../guest/testing/s3.ts";
import { Cluster, missing as noCluster } from "../../../guest/testing/storage/cluster.ts";
import { type Item, namespace } from "../../../guest/testing/storage/objects.ts";
import { pluginProgram, veleroProgram, whyNoVelero } from "../../../guest/testing/velero.ts";
import { credentialsFile, locationSecret, locations, veleroNamespace } from "../locations.ts";
import { veleroVersion } from "../veleroDefinitions.ts";
import { volumePoliciesData, volumePoliciesName } from "../volumePolicies.ts";

/** Why these tests cannot run on this machine; undefined where they can. */
export const missing = [noCluster, whyNoGo(s3Program), whyNoVelero()].find((reason) => reason !== undefined);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const endpoint = "http://127.0.0.1:9000";
/** The key that the S3 server accepts. */
export const [keyId, key] = ["planted-key-id", "planted-backup-key"] as const;
const homelab = readLab("homelab", readStackFile("test/reference.yaml"));

/** The homelab with the S3 server of the test, in one of its generations. */
export function labIn(generation: number, restore?: Lab["config"]["restore"]): Lab {
  const backup = { ...homelab.config.backup, endpoint, generation };
  return { ...homelab, config: { ...homelab.config, backup, restore } };
}
/** Its first generation. */
export const first = labIn(1);

export const inVelero = (kind: string, name: string, fields: object, apiVersion = "velero.io/v1"): Item => ({
  apiVersion,
  kind,
  metadata: { name, namespace: veleroNamespace },
  ...fields,
});

/** The objects of Longhorn that Velero reads. */
export const longhornObjects: readonly Item[] = [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "longhorn" },
    provisioner: "driver.longhorn.io",
  },
  {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotClass",
    metadata: { name: "longhorn-snapshot", labels: { "velero.io/csi-volumesnapshot-class": "true" } },
    driver: "driver.longhorn.io",
    deletionPolicy: "Delete",
  },
];

/** The locations of a lab, as the program creates them. */
export const locationsOf = (lab: Lab): Item[] =>
  locations(lab).map(({ name, spec }) => inVelero("BackupStorageLocation", name, { spec }));

/** The Secret of the locations. */
export const credentials = (secret: string): Item =>
  inVelero(
    "Secret",
    locationSecret.name,
    { data: { [locationSecret.key]: Buffer.from(credentialsFile(keyId, secret)).toString("base64") } },
    "v1",
  );

// Every restore reads it for the image of its helper.
const deployment = {
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "velero" } },
    template: {
      metadata: { labels: { app: "velero" } },
      spec: { containers: [{ name: "velero", image: `docker.io/velero/velero:${veleroVersion}` }] },
    },
  },
};

/**
 * The real Velero with the real plugin, on the real API server and a real S3 server, with the locations and
 * policies of the program. There is no kubelet, and so no node agent: api.py simulates it, and the content of
 * volumes is not part of the test.
 */
export class VeleroServer {
  readonly cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  static async start(): Promise<VeleroServer> {
    const cluster = await Cluster.start(["velero.io", "snapshot.storage.k8s.io"], {
      "/opt/s3": dirname(await buildGo(s3Program)),
      "/opt/velero": dirname(await buildGo(veleroProgram)),
      "/opt/plugins": dirname(await buildGo(pluginProgram)),
    });
    try {
      await cluster.run("mkdir -p /srv/s3/reference-backup");
      await cluster.run(
        `systemd-run --unit s3 /opt/s3/versitygw --port 127.0.0.1:9000 --access ${keyId} --secret ${key} --region us-west-004 posix /srv/s3`,
      );
      await cluster.put(
        namespace(veleroNamespace),
        namespace("media"),
        credentials(key),
        inVelero(
          "Secret",
          "velero-repo-credentials",
          { data: { "repository-password": "cGxhbnRlZA==" } },
          "v1",
        ),
        inVelero("ConfigMap", volumePoliciesName, { data: volumePoliciesData(first) }, "v1"),
        inVelero("ServiceAccount", "velero", {}, "v1"),
        inVelero("Deployment", "velero", deployment, "apps/v1"),
        ...locationsOf(first),
        ...longhornObjects,
      );
      await cluster.run(
        [
          "systemd-run --unit velero -E KUBECONFIG=/etc/rancher/k3s/k3s.yaml -E VELERO_NAMESPACE=velero -E HOME=/root -E VELERO_SCRATCH_DIR=/tmp",
          "/opt/velero/velero server --plugin-dir /opt/plugins --features=EnableCSI --uploader-type=kopia",
          "--store-validation-frequency=24h0m0s --default-snapshot-move-data --default-volumes-to-fs-backup",
        ].join(" "),
      );
      return new VeleroServer(cluster);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  /** Creates a backup as a schedule would, and waits for its end. Returns its phase and its errors. */
  async backup(name: string, template: object): Promise<string> {
    await this.cluster.put(inVelero("Backup", name, { spec: template }));
    return await this.ended("backup", name);
  }

  /** Waits until a backup or a restore has ended. Returns its phase and its errors. */
  async ended(kind: "backup" | "restore", name: string): Promise<string> {
    await this.cluster.run(
      `timeout 120 bash -c 'until k3s kubectl -n velero get ${kind} ${name} -o jsonpath={.status.phase} | grep -E "^(Completed|PartiallyFailed|Failed|FailedValidation)$"; do sleep 0.5; done'`,
    );
    const said = await this.cluster.get(
      `-n velero ${kind} ${name}`,
      "{.status.phase} {.status.failureReason}{.status.validationErrors}",
    );
    return said.trim();
  }

  /** Velero's errors, for the message of a test that failed. */
  troubles(): Promise<string> {
    return this.cluster.run(
      "journalctl -u velero -o cat --no-pager | grep -E 'level=(error|warning)' | tail -n 15 || true",
    );
  }
}
