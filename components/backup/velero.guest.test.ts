// The real Velero with the real plugin, with the locations, schedules and policies that the program makes, on the real
// API server and a real S3 server: what it writes comes back. There is no kubelet, and so no node agent: the content of
// volumes is not shown here.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { buildGo, whyNoGo } from "../../guest/testing/goProgram.ts";
import { s3Program } from "../../guest/testing/s3.ts";
import { Cluster, missing as noCluster } from "../../guest/testing/storage/cluster.ts";
import { claim, type Item, namespace, pv } from "../../guest/testing/storage/objects.ts";
import { pluginProgram, veleroProgram, whyNoVelero } from "../../guest/testing/velero.ts";
import { drillEnvironment } from "./drill.ts";
import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { drillResult, drillRights } from "./drillRights.ts";
import { credentialsFile, locationSecret, locations, veleroNamespace } from "./locations.ts";
import { backupSchedules } from "./schedules.ts";
import { restoreClaimsSettings, verifyBackupStoreSettings } from "./steps.ts";
import { veleroVersion } from "./veleroDefinitions.ts";
import { volumePoliciesData, volumePoliciesName } from "./volumePolicies.ts";

const missing = [noCluster, whyNoGo(s3Program), whyNoVelero()].find((reason) => reason !== undefined);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const endpoint = "http://127.0.0.1:9000";
const [keyId, key] = ["planted-key-id", "planted-backup-key"];
const homelab = readLab("homelab", readStackFile("Pulumi.homelab.yaml"));
/** The homelab with the store of the test, in one of its lives. */
function labIn(life: number, restore?: Lab["config"]["restore"]): Lab {
  const backup = { ...homelab.config.backup, endpoint, life };
  return { ...homelab, config: { ...homelab.config, backup, restore } };
}
const first = labIn(1);

const inVelero = (kind: string, name: string, fields: object, apiVersion = "velero.io/v1"): Item => ({
  apiVersion,
  kind,
  metadata: { name, namespace: veleroNamespace },
  ...fields,
});
const inMedia = (kind: string, name: string, fields: object): Item => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "media" },
  ...fields,
});
const longhornObjects: Item[] = [
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
const locationsOf = (lab: Lab) =>
  locations(lab).map(({ name, spec }) => inVelero("BackupStorageLocation", name, { spec }));
const credentials = (keys: string) =>
  inVelero(
    "Secret",
    locationSecret.name,
    { data: { [locationSecret.key]: Buffer.from(keys).toString("base64") } },
    "v1",
  );
const hasty = (lab: Lab) => ({ ...verifyBackupStoreSettings(lab), WAIT_SECONDS: 25 });

describe.skipIf(missing !== undefined)("Velero", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start(["velero.io", "snapshot.storage.k8s.io"], {
      "/opt/s3": dirname(await buildGo(s3Program)),
      "/opt/velero": dirname(await buildGo(veleroProgram)),
      "/opt/plugins": dirname(await buildGo(pluginProgram)),
    });
    await cluster.must("mkdir -p /srv/s3/homelab-backup");
    await cluster.must(
      `systemd-run --unit s3 /opt/s3/versitygw --port 127.0.0.1:9000 --access ${keyId} --secret ${key} --region eu-central-003 posix /srv/s3`,
    );
    await cluster.put(
      namespace(veleroNamespace),
      namespace("media"),
      credentials(credentialsFile(keyId, key)),
      inVelero(
        "Secret",
        "velero-repo-credentials",
        { data: { "repository-password": "cGxhbnRlZA==" } },
        "v1",
      ),
      inVelero("ConfigMap", volumePoliciesName, { data: volumePoliciesData(first) }, "v1"),
      inVelero("ServiceAccount", "velero", {}, "v1"),
      // Every restore looks at it for the image of its own helper.
      inVelero("Deployment", "velero", deployment, "apps/v1"),
      ...locationsOf(first),
    );
    await cluster.must(
      [
        "systemd-run --unit velero -E KUBECONFIG=/etc/rancher/k3s/k3s.yaml -E VELERO_NAMESPACE=velero -E HOME=/root -E VELERO_SCRATCH_DIR=/tmp",
        "/opt/velero/velero server --plugin-dir /opt/plugins --features=EnableCSI --uploader-type=kopia",
        "--store-validation-frequency=24h0m0s --default-snapshot-move-data --default-volumes-to-fs-backup",
      ].join(" "),
    );
  });
  afterAll(() => cluster?.stop());

  const backup = async (name: string, template: object) => {
    await cluster.put(inVelero("Backup", name, { spec: template }));
    return ended("backup", name);
  };
  /** What the real Velero complained of, for the message of a test that failed. */
  const troubles = () =>
    cluster.must(
      "journalctl -u velero -o cat --no-pager | grep -E 'level=(error|warning)' | tail -n 15 || true",
    );
  const ended = async (kind: string, name: string) => {
    await cluster.must(
      `timeout 120 bash -c 'until k3s kubectl -n velero get ${kind} ${name} -o jsonpath={.status.phase} | grep -E "^(Completed|PartiallyFailed|Failed|FailedValidation)$"; do sleep 0.5; done'`,
    );
    return await cluster.get(
      `-n velero ${kind} ${name}`,
      "{.status.phase} {.status.failureReason}{.status.validationErrors}",
    );
  };

  test("the gate has the location take a backup and give it up", async () => {
    const { stdout: said, stderr } = await cluster.script("verify-backup-store.sh", hasty(first));
    expect(stderr).toBe("");
    expect(said).toContain("b2 is available");
    expect(said).toContain("gave it up again");
  });

  test("a key that the store does not know is refused with the store's own words", async () => {
    await cluster.put(credentials(credentialsFile(keyId, "another-key")));
    await cluster.must(
      "k3s kubectl -n velero patch backupstoragelocation b2 --type=merge -p '{\"status\":null}'",
    );
    const { status, stderr } = await cluster.script("verify-backup-store.sh", hasty(first));
    expect(stderr).toMatch(
      /REFUSED \(B3\): the bucket homelab-backup at http\S+ [\s\S]*SignatureDoesNotMatch/,
    );
    expect(stderr).toMatch(/mend: the store does not know this key: .*lab:backupKeyId/);
    expect(status).toBe(1);
    await cluster.put(credentials(credentialsFile(keyId, key)));
    expect((await cluster.script("verify-backup-store.sh", hasty(first))).stderr).toBe("");
  });

  describe("the drill", () => {
    const labels = { "lab.home/drill": "marker" };
    const written = "5e".repeat(32);
    const inMarker = (kind: string, name: string, fields: object, more: object = {}): Item => ({
      apiVersion: "v1",
      kind,
      metadata: { name, namespace: markerNamespace, ...more },
      ...fields,
    });
    const drill = (part: "move" | `move ${"changed" | "failed" | "never"}`, environment: object = {}) =>
      cluster.playing(part, () =>
        cluster.must(
          `env -i PATH=/opt/drill:/usr/bin:/bin ${Object.entries({
            ...drillEnvironment,
            WAIT_SECONDS: "60",
            ...environment,
          })
            .map(([key, value]) => `${key}=${value}`)
            .join(" ")} sh /opt/drill/drill.sh 2>&1; echo status $?`,
        ),
      );
    const metric = async (name: string) => {
      const metrics = await cluster.get(`-n ${markerNamespace} configmap ${drillResult}`, "{.data.metrics}");
      return Number(new RegExp(`^restore_drill_${name} (\\d+)$`, "m").exec(metrics)?.[1]);
    };
    const nothingLeft = async () => {
      const left = `k3s kubectl -n ${scratchNamespace} get pods,persistentvolumeclaims,configmaps -l lab.home/drill -o name`;
      await cluster.playing("move", () =>
        cluster.must(`timeout 30 bash -c 'while ${left} | grep .; do sleep 0.5; done'`),
      );
      // One that has not ended would hold up every other restore.
      const phases = await cluster.get(
        `-n ${veleroNamespace} restores -l lab.home/drill`,
        "{.items[*].status.phase}",
      );
      expect(phases).toMatch(/^((Completed|PartiallyFailed) ?)*$/);
    };

    beforeAll(async () => {
      await cluster.must(
        "mkdir -p /opt/drill && cat > /opt/drill/drill.sh",
        readFileSync(new URL("drill.sh", import.meta.url), "utf8"),
      );
      // As the account of the drill, so that its rights are tried too.
      await cluster.must(
        "cat > /opt/drill/kubectl && chmod +x /opt/drill/kubectl",
        `#!/bin/sh\nexec /opt/kubernetes/kubectl --kubeconfig /etc/rancher/k3s/k3s.yaml --as system:serviceaccount:${markerNamespace}:drill "$@"\n`,
      );
      await cluster.put(
        namespace(markerNamespace),
        namespace(scratchNamespace, { "pod-security.kubernetes.io/enforce": "restricted" }),
        ...drillRights().map(
          (object): Item => ({
            apiVersion: object.kind === "ServiceAccount" ? "v1" : "rbac.authorization.k8s.io/v1",
            ...object,
          }),
        ),
        {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "default", namespace: scratchNamespace },
        },
        ...longhornObjects,
        pv("marker", { claimRef: { namespace: markerNamespace, name: "marker" } }, "Bound"),
        {
          ...claim(markerNamespace, "marker", { volumeName: "marker" }, "Bound"),
          metadata: { name: "marker", namespace: markerNamespace, labels },
        },
        inMarker("ConfigMap", "marker", { data: { sha256: written } }, { labels }),
        inMarker("ConfigMap", drillResult, { data: { metrics: "" } }),
      );
    });

    test("without a backup of the marker it is refused", async () => {
      const { result } = await drill("move");
      expect(result).toMatch(
        /REFUSED \(B2\): no backup in b2 is complete and has the namespace restore-drill\n {2}mend: .*backup-failed/,
      );
      expect(result).toMatch(/status 1$/);
      expect(await metric("success")).toBe(0);
      expect(await metric("last_success_timestamp_seconds")).toBe(0);
    });

    test("the marker comes back as it was written, and nothing stays", async () => {
      const [hourly] = backupSchedules(first);
      const { result: backedUp } = await cluster.playing("move", () =>
        backup("hourly-20261121033700", hourly?.spec.template as object),
      );
      expect(backedUp.trim(), await troubles()).toBe("Completed");
      const { result, did } = await drill("move");
      expect(result).toMatch(
        /the marker came back from hourly-20261121033700 as it was written[\s\S]*status 0$/,
      );
      expect(did).toEqual([`${scratchNamespace}/marker from b2 kopia`]);
      expect(await metric("success")).toBe(1);
      expect(await metric("backup_timestamp_seconds")).toBeGreaterThan(1_700_000_000);
      await nothingLeft();
    });

    test.each<["changed" | "failed" | "never", RegExp]>([
      ["changed", /came back changed: the marker was written with the SHA-256 5e5e\w+, and read as 0000/],
      ["failed", /ended as PartiallyFailed/],
      ["never", /has not ended after 15 s; it is WaitingForPluginOperations/],
    ])("one that is %s is refused, told, and cleaned up", async (wrong, words) => {
      const before = await metric("last_success_timestamp_seconds");
      const { result } = await drill(`move ${wrong}`, { WAIT_SECONDS: wrong === "never" ? "15" : "90" });
      expect(result).toMatch(words);
      expect(result).toMatch(/status 1$/);
      expect(await metric("success")).toBe(0);
      expect(await metric("last_success_timestamp_seconds")).toBe(before);
      await nothingLeft();
    });
  });

  describe("what a schedule backs up", () => {
    const films = claim("media", "films");
    const lists = claim("media", "lists", { storageClassName: "nfs-lists" });
    const [, daily] = backupSchedules(first);
    const template = daily?.spec.template as object;
    const name = "daily-20261121024300";
    const claims = () =>
      cluster.get(
        "-n media persistentvolumeclaims",
        "{range .items[*]}{.metadata.name}={.status.phase} {end}",
      );
    const rebuilt = labIn(2, { from: "latest", life: 1, over: [] });
    const settings = {
      ...restoreClaimsSettings(rebuilt, "media", {
        life: 1,
        backup: "latest",
        moment: undefined,
        over: false,
      }),
      WAIT_SECONDS: 90,
    };

    /** Everything in the cluster is lost; the bucket is not. */
    const lose = async () => {
      // While it has its location, so that none is at work on claims that are gone.
      await cluster.must("k3s kubectl delete --timeout=60s -n velero restores --all");
      await cluster.must(
        "k3s kubectl delete --wait=false -n velero backups,datauploads,datadownloads,backupstoragelocations,downloadrequests --all",
      );
      await cluster.playing("move", () =>
        cluster.must(
          "k3s kubectl -n media delete --wait=true persistentvolumeclaims,configmaps,secrets --all",
        ),
      );
      await cluster.must("k3s kubectl delete --wait=false persistentvolumes --all");
      await cluster.must("k3s kubectl annotate namespace media lab.home/restored-");
      await cluster.put(...locationsOf(rebuilt));
    };

    beforeAll(async () => {
      await cluster.put(
        inMedia("ConfigMap", "settings", { data: { colour: "green" } }),
        inMedia("Secret", "login", { data: { password: "c2VjcmV0" } }),
        ...longhornObjects,
        { ...films, spec: { ...films.spec, volumeName: "films" }, status: { phase: "Bound" } },
        pv("films", { claimRef: { namespace: "media", name: "films" } }, "Bound"),
        lists,
      );
      const { result } = await cluster.playing("move", () => backup(name, template));
      expect(result.trim(), await troubles()).toBe("Completed");
    });

    test("is in the bucket as it was, under the folder of its life", async () => {
      const folder = `/srv/s3/homelab-backup/homelab/1/velero/backups/${name}`;
      // What the SDK frames, a server that does not know its frames would keep together with them (velero#9951).
      await cluster.must(`gzip -t ${folder}/${name}.tar.gz`);
      const files = await cluster.must(`tar tzf ${folder}/${name}.tar.gz`);
      for (const file of [
        "configmaps/namespaces/media/settings.json",
        "persistentvolumeclaims/namespaces/media/films.json",
        "datauploads.velero.io/",
      ])
        expect(files).toContain(file);
      expect(
        await cluster.must(
          `tar xzOf ${folder}/${name}.tar.gz resources/configmaps/namespaces/media/settings.json`,
        ),
      ).toContain('"colour":"green"');
    });

    test("comes back, objects and all", async () => {
      await cluster.must(
        "k3s kubectl -n media delete configmap settings && k3s kubectl -n media delete secret login",
      );
      await cluster.put(
        inVelero("Restore", "objects", {
          spec: {
            backupName: name,
            includedNamespaces: ["media"],
            includedResources: ["configmaps", "secrets"],
          },
        }),
      );
      expect(await ended("restore", "objects")).toBe("Completed");
      expect(await cluster.get("-n media configmap settings", "{.data.colour}")).toBe("green");
      expect(await cluster.get("-n media secret login", "{.data.password}")).toBe("c2VjcmV0");
    });

    test("live claims are not written over", async () => {
      await cluster.put(...locationsOf(rebuilt));
      // In this life the backup is of the location b2; the earlier one lists it once the cluster's own is gone.
      await cluster.must("k3s kubectl -n velero delete backups --all");
      await cluster.refuses(
        "restore-claims.sh",
        settings,
        "B6",
        "media is live: its claims films",
        "lab:restore.over",
      );
    });

    test("claims come back in the next life, once, with their content", async () => {
      await lose();
      const { result, did } = await cluster.playing("move", () =>
        cluster.script("restore-claims.sh", settings),
      );
      expect(result.stderr, await troubles()).toBe("");
      expect(result.stdout).toMatch(
        /changed: 2 claims of media are back, 3 MiB, as they were \d+ hours ago \(daily-20261121024300/,
      );
      expect(result.stdout).toContain("note: media/lists of the class nfs-lists came back as a claim only");
      // From the earlier life's location, which nothing writes to.
      expect(did).toEqual(["media/films from life-1 kopia"]);
      expect(await claims()).toContain("films=Bound");
      const volume = () => cluster.get("-n media persistentvolumeclaim films", "{.spec.volumeName}");
      const restored = await volume();
      // The program makes its own claims after that, and takes over what is there: they keep their volumes.
      const { kind, apiVersion, metadata, spec } = films;
      await cluster.must(
        "k3s kubectl apply --server-side --force-conflicts --field-manager=program --filename -",
        JSON.stringify({ kind, apiVersion, metadata, spec }),
      );
      expect(restored).toMatch(/^pvc-/);
      expect(await volume()).toBe(restored);
      await cluster.unchanged("restore-claims.sh", settings);
    });

    test("over live claims only where that was named, and their volumes are kept", async () => {
      const volume = await cluster.get("-n media persistentvolumeclaim films", "{.spec.volumeName}");
      // An order of another name for the same backup.
      const again = { ...settings, BACKUP: name };
      await cluster.refuses("restore-claims.sh", again, "B6", "media is live: its claims films lists");
      const { result, did } = await cluster.playing("move", () =>
        cluster.script("restore-claims.sh", { ...again, OVER: "yes" }),
      );
      expect(result.stderr).toBe("");
      expect(did).toEqual(["media/films from life-1 kopia"]);
      expect(result.stdout).toContain(`the claim media/films gave way; its volume ${volume} is kept`);
      expect(await cluster.get(`persistentvolume ${volume}`, "{.metadata.name}")).toBe(volume);
      expect(await claims()).toContain("films=Bound");
    });

    test.each<["failed" | "never", number, string, string]>([
      ["failed", 90, "invalid password", "lab:restore.from"],
      [
        "never",
        20,
        "has not ended after 20 s; it is WaitingForPluginOperations",
        "run `pulumi up` again to wait for it",
      ],
    ])(
      "a restore that is %s is refused, and the next run brings everything back",
      async (wrong, limit, words, mend) => {
        await lose();
        const { result } = await cluster.playing(`move ${wrong}`, () =>
          cluster.script("restore-claims.sh", { ...settings, WAIT_SECONDS: limit }),
        );
        expect(result.stderr).toMatch(/REFUSED \(B6\)/);
        expect(result.stderr).toContain(words);
        expect(result.stderr).toContain(mend);
        const again = await cluster.playing("move", () => cluster.script("restore-claims.sh", settings));
        expect(again.result.stderr).toBe("");
        expect(await claims()).toContain("films=Bound");
      },
    );

    describe("after everything was lost", () => {
      beforeAll(lose);

      test.each<[string, object, string, string]>([
        [
          "a backup that is not there",
          { BACKUP: "daily-20200101000000" },
          "is called daily-20200101000000",
          "lab:restore.from",
        ],
        [
          "a namespace that is named and has nothing",
          { NAMESPACE: "default", NAMED: "yes" },
          "has no claim of default",
          "remove it from lab:restore.scope",
        ],
        [
          "a location that is not there",
          { LOCATION: "life-7" },
          "the location life-7 is not there",
          "lab:restore",
        ],
      ])("%s is refused", async (_, change, words, mend) => {
        const { status, stderr } = await cluster.script("restore-claims.sh", { ...settings, ...change });
        expect(stderr).toContain(words);
        expect(stderr).toContain(mend);
        expect(status).toBe(1);
      });

      test("a namespace that nobody named begins empty", async () => {
        const said = await cluster.script("restore-claims.sh", { ...settings, NAMESPACE: "default" });
        expect(said.stdout).toContain("has no claim of default: it begins empty");
        expect(said.status).toBe(0);
      });
    });
  });
});
