import { describe, expect, test } from "vitest";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { findBackups, judgeAge } from "./backups.ts";
import { BucketClosed, type Listing } from "./bucket.ts";
import { wrong } from "./finding.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const now = new Date("2026-11-21T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

/** A bucket with these keys and their ages in hours, listed as a store lists. */
function bucketOf(ages: Readonly<Record<string, number>>) {
  return {
    asked: 0,
    async read(key: string): Promise<string> {
      if (key.endsWith(".info"))
        return `backup_label=None\nstatus=${key.includes("failed") ? "FAILED" : "DONE"}\n`;
      return JSON.stringify({ status: { phase: key.includes("failed") ? "PartiallyFailed" : "Completed" } });
    },
    async list(prefix: string, { flat = false } = {}): Promise<Listing> {
      this.asked++;
      const objects = [];
      const folders = new Set<string>();
      for (const [key, hours] of Object.entries(ages)) {
        if (!key.startsWith(prefix)) continue;
        const slash = flat ? key.indexOf("/", prefix.length) : -1;
        if (slash < 0) objects.push({ key, modified: hoursAgo(hours) });
        else folders.add(key.slice(0, slash + 1));
      }
      return { objects, folders: [...folders] };
    },
  };
}

const everything = {
  "homelab/1/etcd/etcd-snapshot-server-1-1": 7,
  "homelab/1/etcd/etcd-snapshot-server-1-2": 1,
  "homelab/1/etcd/.metadata/etcd-snapshot-server-1-3": 0,
  "homelab/1/velero/backups/daily-1/velero-backup.json": 9,
  "homelab/1/velero/backups/daily-2/daily-2.tar.gz": 0,
  "homelab/1/velero/kopia/media/p0": 0,
  "homelab/1/postgresql/authentik/authentik-db/base/20261121T010000/backup.info": 11,
  "homelab/1/postgresql/authentik/authentik-db/wals/0000/1": 0,
};

const found = async (ages: Readonly<Record<string, number>>, of = lab) =>
  Object.fromEntries(
    (await findBackups(of, bucketOf(ages), now)).map(({ where, outcome, says }) => [where, [outcome, says]]),
  );

describe("the newest backup of each system", () => {
  test("is the newest complete one, and not another object in the folder", async () =>
    expect(await found(everything)).toMatchObject({
      "homelab/1/etcd": ["valid", "the newest of etcd is 1 h old"],
      "homelab/1/velero": ["valid", "the newest of velero is 9 h old"],
      "homelab/1/postgresql": ["valid", "the newest of postgresql is 11 h old"],
      "homelab/1/mongodb": ["unchecked", expect.stringContaining("none of mongodb")],
    }));

  test("is found volume by volume for Longhorn, without a listing of its blocks", async () => {
    const store = "homelab/1/longhorn/backupstore/volumes";
    const blocks = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${store}/a1/b2/pvc-1/blocks/00/${index}.blk`, 0]),
    );
    const bucket = bucketOf({ ...blocks, [`${store}/a1/b2/pvc-1/backups/backup_1.cfg`]: 30 });
    const findings = await findBackups(lab, bucket, now);
    expect(findings.find(({ where }) => where.endsWith("longhorn"))).toMatchObject({
      outcome: "wrong",
      says: "the newest of longhorn is 30 h old, and may be at most 26 h",
    });
    expect(bucket.asked).toBeLessThan(20);
  });

  test("is of the generation that lab:restore names", async () => {
    const restored = {
      ...lab,
      config: {
        ...lab.config,
        backup: { ...lab.config.backup, generation: 2 },
        restore: { from: "latest", generation: 1, overwrite: [] },
      },
    };
    expect(await found(everything, restored)).toHaveProperty(["homelab/1/etcd", 0], "valid");
  });

  test("names other generations that have a backup where it is missing", async () => {
    const later = { ...lab, config: { ...lab.config, backup: { ...lab.config.backup, generation: 3 } } };
    expect(await found(everything, later)).toMatchObject({
      "homelab/3/etcd": [
        "wrong",
        "no backup of etcd in generation 3; the bucket has other generations of this lab: 1",
      ],
    });
  });

  test("is a completed one for Velero, and not a younger failed one", async () => {
    const failed = (name: string) => `homelab/1/velero/backups/failed-${name}/velero-backup.json`;
    expect(await found({ ...everything, [failed("1")]: 1 })).toMatchObject({
      "homelab/1/velero": ["valid", "the newest of velero is 9 h old"],
    });
    expect(await found({ [failed("1")]: 1, [failed("2")]: 2 })).toMatchObject({
      "homelab/1/velero": ["wrong", "none of the last 2 backups of velero was completed"],
    });
  });

  test("is a completed one for PostgreSQL", async () =>
    expect(
      await found({ "homelab/1/postgresql/authentik/authentik-db/base/failed/backup.info": 1 }),
    ).toMatchObject({
      "homelab/1/postgresql": ["wrong", "none of the last 1 backups of postgresql was completed"],
    }));

  test("is reported for the other systems where one folder cannot be read", async () => {
    const whole = bucketOf(everything);
    const list = (prefix: string, options?: { flat?: boolean }) => {
      if (prefix.includes("/velero/")) throw new BucketClosed(wrong("too much", "look"));
      return whole.list(prefix, options);
    };
    const findings = await findBackups(lab, { list, read: whole.read }, now);
    expect(findings.filter(({ outcome }) => outcome === "valid")).toHaveLength(2);
    expect(findings.find(({ where }) => where.endsWith("velero"))?.says).toBe("too much");
  });
});

describe("a backup's age", () => {
  const etcd = { system: "etcd", rpoHours: 8, always: true } as const;
  const judge = (hours: number) =>
    judgeAge(etcd, { key: "k", modified: hoursAgo(hours) }, now, { generation: 1, lives: [] });
  test.each([
    [0, "valid", "0 h"],
    [8, "valid", "8 h"],
    [8.1, "wrong", "8 h old, and may be at most 8 h"],
    [100, "wrong", "4 days"],
    [-1, "valid", "0 h"],
  ])("%d h", (hours, outcome, words) =>
    expect(judge(hours)).toMatchObject({ outcome, says: expect.stringContaining(words) }),
  );
  test("is not valid where its age cannot be read", () => expect(judge(Number.NaN).outcome).toBe("wrong"));
});
