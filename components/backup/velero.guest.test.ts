// The Velero objects and steps of the program on the real Velero: backups are restored completely.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../../guest/testing/storage/cluster.ts";
import { claim, type Item, pv } from "../../guest/testing/storage/objects.ts";
import { backupSchedules } from "./schedules.ts";
import {
  credentials,
  first,
  inVelero,
  key,
  labIn,
  locationsOf,
  missing,
  VeleroServer,
} from "./testing/veleroServer.ts";
import { restoreClaimsSettings, verifyBackupStoreSettings } from "./veleroSteps.ts";

const inMedia = (kind: string, name: string, fields: object): Item => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "media" },
  ...fields,
});

describe.skipIf(missing !== undefined)("Velero", () => {
  let velero: VeleroServer;
  let cluster: Cluster;

  beforeAll(async () => {
    velero = await VeleroServer.start();
    cluster = velero.cluster;
  });
  afterAll(() => velero?.stop());

  const gate = () =>
    cluster.script("verify-backup-store.sh", { ...verifyBackupStoreSettings(first), WAIT_SECONDS: 25 });

  test("verify-backup-store.sh creates a backup in the location and deletes it", async () => {
    const { stdout, stderr } = await gate();
    expect(stderr).toBe("");
    expect(stdout).toContain("b2 is Available");
    expect(stdout).toContain("accepted a backup as b2, and deleted it");
  });

  test("verify-backup-store.sh refuses an unknown key with the store's own error (B3)", async () => {
    await cluster.put(credentials("another-key"));
    await cluster.run(
      "k3s kubectl -n velero patch backupstoragelocation b2 --type=merge -p '{\"status\":null}'",
    );
    const { status, stderr } = await gate();
    expect(stderr).toMatch(
      /REFUSED \(B3\): the bucket reference-backup at http\S+ [\s\S]*SignatureDoesNotMatch/,
    );
    expect(stderr).toMatch(/fix: the store rejects this key: .*lab:backupKeyId/);
    expect(status).toBe(1);
    await cluster.put(credentials(key));
    expect((await gate()).stderr).toBe("");
  });

  describe("a scheduled backup", () => {
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
    const rebuilt = labIn(2, { from: "latest", generation: 1, overwrite: [] });
    const settings = {
      ...restoreClaimsSettings(rebuilt, "media", {
        generation: 1,
        backup: "latest",
        moment: undefined,
        overwrite: false,
      }),
      WAIT_SECONDS: 90,
    };

    /** Simulates the loss of everything in the cluster; the bucket is kept. */
    const lose = async () => {
      // While its location exists, so that no restore works on deleted claims.
      await cluster.run("k3s kubectl delete --timeout=60s -n velero restores --all");
      await cluster.run(
        "k3s kubectl delete --wait=false -n velero backups,datauploads,datadownloads,backupstoragelocations,downloadrequests --all",
      );
      await cluster.simulating("move", () =>
        cluster.run(
          "k3s kubectl -n media delete --wait=true persistentvolumeclaims,configmaps,secrets --all",
        ),
      );
      await cluster.run("k3s kubectl delete --wait=false persistentvolumes --all");
      await cluster.run("k3s kubectl annotate namespace media lab.home/restored-");
      await cluster.put(...locationsOf(rebuilt));
    };

    beforeAll(async () => {
      await cluster.put(
        inMedia("ConfigMap", "settings", { data: { colour: "green" } }),
        inMedia("Secret", "login", { data: { password: "c2VjcmV0" } }),
        { ...films, spec: { ...films.spec, volumeName: "films" }, status: { phase: "Bound" } },
        pv("films", { claimRef: { namespace: "media", name: "films" } }, "Bound"),
        lists,
      );
      const { result } = await cluster.simulating("move", () => velero.backup(name, template));
      expect(result, await velero.troubles()).toBe("Completed");
    });

    test("is stored unchanged in the bucket, in the folder of its generation", async () => {
      const folder = `/srv/s3/reference-backup/homelab/1/velero/backups/${name}`;
      // The SDK may frame the content, and a server without support for it would store the frames as well (velero#9951).
      await cluster.run(`gzip -t ${folder}/${name}.tar.gz`);
      const files = await cluster.run(`tar tzf ${folder}/${name}.tar.gz`);
      for (const file of [
        "configmaps/namespaces/media/settings.json",
        "persistentvolumeclaims/namespaces/media/films.json",
        "datauploads.velero.io/",
      ])
        expect(files).toContain(file);
      expect(
        await cluster.run(
          `tar xzOf ${folder}/${name}.tar.gz resources/configmaps/namespaces/media/settings.json`,
        ),
      ).toContain('"colour":"green"');
    });

    test("is restored with its objects", async () => {
      await cluster.run(
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
      expect(await velero.ended("restore", "objects")).toBe("Completed");
      expect(await cluster.get("-n media configmap settings", "{.data.colour}")).toBe("green");
      expect(await cluster.get("-n media secret login", "{.data.password}")).toBe("c2VjcmV0");
    });

    test("restore-claims.sh does not overwrite live claims (B6)", async () => {
      await cluster.put(...locationsOf(rebuilt));
      // In this generation the backup belongs to the location b2; the earlier location lists it once b2's own is deleted.
      await cluster.run("k3s kubectl -n velero delete backups --all");
      await cluster.refuses(
        "restore-claims.sh",
        settings,
        "B6",
        "media is live: its claims films",
        "lab:restore.overwrite",
      );
    });

    test("restore-claims.sh restores claims with their content in the next generation, once (B6)", async () => {
      await lose();
      const { result, actions } = await cluster.simulating("move", () =>
        cluster.script("restore-claims.sh", settings),
      );
      expect(result.stderr, await velero.troubles()).toBe("");
      expect(result.stdout).toMatch(
        /changed: 2 claims of media restored, 3 MiB, from a backup taken \d+ hours ago \(daily-20261121024300/,
      );
      expect(result.stdout).toContain(
        "note: media/lists of the class nfs-lists was restored as a claim only",
      );
      // From the earlier generation's location, which is read-only.
      expect(actions).toEqual(["media/films from generation-1 kopia"]);
      expect(await claims()).toContain("films=Bound");
      const volume = () => cluster.get("-n media persistentvolumeclaim films", "{.spec.volumeName}");
      const restored = await volume();
      // The program then creates its own claims, and takes over the existing ones: they keep their volumes.
      const { kind, apiVersion, metadata, spec } = films;
      await cluster.run(
        "k3s kubectl apply --server-side --force-conflicts --field-manager=program --filename -",
        JSON.stringify({ kind, apiVersion, metadata, spec }),
      );
      expect(restored).toMatch(/^pvc-/);
      expect(await volume()).toBe(restored);
      await cluster.unchanged("restore-claims.sh", settings);
    });

    test("restore-claims.sh overwrites live claims only with OVERWRITE=yes, and keeps their volumes (B6)", async () => {
      const volume = await cluster.get("-n media persistentvolumeclaim films", "{.spec.volumeName}");
      // Another restore request for the same backup.
      const again = { ...settings, BACKUP: name };
      await cluster.refuses("restore-claims.sh", again, "B6", "media is live: its claims films lists");
      const { result, actions } = await cluster.simulating("move", () =>
        cluster.script("restore-claims.sh", { ...again, OVERWRITE: "yes" }),
      );
      expect(result.stderr).toBe("");
      expect(actions).toEqual(["media/films from generation-1 kopia"]);
      expect(result.stdout).toContain(`the claim media/films is deleted; its volume ${volume} is kept`);
      expect(await cluster.get(`persistentvolume ${volume}`, "{.metadata.name}")).toBe(volume);
      expect(await claims()).toContain("films=Bound");
    });

    test.each<["failed" | "never", number, string, string]>([
      ["failed", 90, "invalid password", "lab:restore.from"],
      [
        "never",
        20,
        "has not ended after 20 s; its phase is WaitingForPluginOperations",
        "run `pulumi up` again to wait for it",
      ],
    ])(
      "restore-claims.sh refuses a restore that is %s, and the next run restores everything",
      async (wrong, limit, words, fix) => {
        await lose();
        const { result } = await cluster.simulating(`move ${wrong}`, () =>
          cluster.script("restore-claims.sh", { ...settings, WAIT_SECONDS: limit }),
        );
        expect(result.stderr).toMatch(/REFUSED \(B6\)/);
        expect(result.stderr).toContain(words);
        expect(result.stderr).toContain(fix);
        const again = await cluster.simulating("move", () => cluster.script("restore-claims.sh", settings));
        expect(again.result.stderr).toBe("");
        expect(await claims()).toContain("films=Bound");
      },
    );

    describe("restore-claims.sh after the loss of the cluster", () => {
      beforeAll(lose);

      test.each<[string, object, string, string]>([
        [
          "a missing backup",
          { BACKUP: "daily-20200101000000" },
          "is named daily-20200101000000",
          "lab:restore.from",
        ],
        [
          "a namespace in lab:restore.includedNamespaces without a claim in the backup",
          { NAMESPACE: "default", IN_SCOPE: "yes" },
          "has no claim of default",
          "remove it from lab:restore.includedNamespaces",
        ],
        [
          "a missing location",
          { LOCATION: "generation-7" },
          "the BackupStorageLocation generation-7 does not exist",
          "lab:restore",
        ],
      ])("refuses %s", async (_, change, words, fix) => {
        const { status, stderr } = await cluster.script("restore-claims.sh", { ...settings, ...change });
        expect(stderr).toContain(words);
        expect(stderr).toContain(fix);
        expect(status).toBe(1);
      });

      test("starts a namespace empty that lab:restore.includedNamespaces does not name", async () => {
        const { status, stdout } = await cluster.script("restore-claims.sh", {
          ...settings,
          NAMESPACE: "default",
        });
        expect(stdout).toContain("has no claim of default: it starts empty");
        expect(status).toBe(0);
      });
    });
  });
});
