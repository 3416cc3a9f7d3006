// What the program makes of Velero, shown with the real one: what it writes comes back.
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

  test("the gate has the location take a backup and give it up", async () => {
    const { stdout: said, stderr } = await gate();
    expect(stderr).toBe("");
    expect(said).toContain("b2 is available");
    expect(said).toContain("gave it up again");
  });

  test("a key that the store does not know is refused with the store's own words", async () => {
    await cluster.put(credentials("another-key"));
    await cluster.must(
      "k3s kubectl -n velero patch backupstoragelocation b2 --type=merge -p '{\"status\":null}'",
    );
    const { status, stderr } = await gate();
    expect(stderr).toMatch(
      /REFUSED \(B3\): the bucket reference-backup at http\S+ [\s\S]*SignatureDoesNotMatch/,
    );
    expect(stderr).toMatch(/fix: the store does not know this key: .*lab:backupKeyId/);
    expect(status).toBe(1);
    await cluster.put(credentials(key));
    expect((await gate()).stderr).toBe("");
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
        { ...films, spec: { ...films.spec, volumeName: "films" }, status: { phase: "Bound" } },
        pv("films", { claimRef: { namespace: "media", name: "films" } }, "Bound"),
        lists,
      );
      const { result } = await cluster.playing("move", () => velero.backup(name, template));
      expect(result, await velero.troubles()).toBe("Completed");
    });

    test("is in the bucket as it was, under the folder of its generation", async () => {
      const folder = `/srv/s3/reference-backup/homelab/1/velero/backups/${name}`;
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
      expect(await velero.ended("restore", "objects")).toBe("Completed");
      expect(await cluster.get("-n media configmap settings", "{.data.colour}")).toBe("green");
      expect(await cluster.get("-n media secret login", "{.data.password}")).toBe("c2VjcmV0");
    });

    test("live claims are not written over", async () => {
      await cluster.put(...locationsOf(rebuilt));
      // In this generation the backup is of the location b2; the earlier one lists it once the cluster's own is gone.
      await cluster.must("k3s kubectl -n velero delete backups --all");
      await cluster.refuses(
        "restore-claims.sh",
        settings,
        "B6",
        "media is live: its claims films",
        "lab:restore.overwrite",
      );
    });

    test("claims come back in the next generation, once, with their content", async () => {
      await lose();
      const { result, did } = await cluster.playing("move", () =>
        cluster.script("restore-claims.sh", settings),
      );
      expect(result.stderr, await velero.troubles()).toBe("");
      expect(result.stdout).toMatch(
        /changed: 2 claims of media are back, 3 MiB, as they were \d+ hours ago \(daily-20261121024300/,
      );
      expect(result.stdout).toContain("note: media/lists of the class nfs-lists came back as a claim only");
      // From the earlier generation's location, which nothing writes to.
      expect(did).toEqual(["media/films from generation-1 kopia"]);
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
        cluster.script("restore-claims.sh", { ...again, OVERWRITE: "yes" }),
      );
      expect(result.stderr).toBe("");
      expect(did).toEqual(["media/films from generation-1 kopia"]);
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
      async (wrong, limit, words, fix) => {
        await lose();
        const { result } = await cluster.playing(`move ${wrong}`, () =>
          cluster.script("restore-claims.sh", { ...settings, WAIT_SECONDS: limit }),
        );
        expect(result.stderr).toMatch(/REFUSED \(B6\)/);
        expect(result.stderr).toContain(words);
        expect(result.stderr).toContain(fix);
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
          "remove it from lab:restore.includedNamespaces",
        ],
        [
          "a location that is not there",
          { LOCATION: "generation-7" },
          "the location generation-7 is not there",
          "lab:restore",
        ],
      ])("%s is refused", async (_, change, words, fix) => {
        const { status, stderr } = await cluster.script("restore-claims.sh", { ...settings, ...change });
        expect(stderr).toContain(words);
        expect(stderr).toContain(fix);
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
