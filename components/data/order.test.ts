import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { dataBackupPolicies, databaseBackups } from "./databaseBackups.ts";
import { orderOf } from "./order.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const restoring = (restore: Partial<NonNullable<typeof lab.config.restore>>) => ({
  ...lab,
  config: { ...lab.config, restore: { from: "latest", generation: 1, overwrite: [], ...restore } },
});

test("has no order without lab:restore and movedFrom", () =>
  expect(orderOf(lab, databaseBackups.mongodb)).toBeUndefined());

test("names the earlier generation's folder and the moment of the backup", () =>
  expect(orderOf(restoring({ from: "daily-20261120012300" }), databaseBackups.mongodb)).toEqual({
    name: "generation 1 daily-20261120012300",
    folder: "homelab/1/mongodb",
    until: "2026-11-20T01:23:00Z",
    overwrite: false,
  }));

test("has no order for a namespace outside the scope", () =>
  expect(orderOf(restoring({ includedNamespaces: ["cortex-itil"] }), databaseBackups.neo4j)).toBeUndefined());

test("overwrites data only where lab:restore.overwrite names the namespace", () =>
  expect(orderOf(restoring({ overwrite: ["cortex-itil"] }), databaseBackups.mongodb)?.overwrite).toBe(true));

test("moves the data of this generation, and prefers a restore to a move", () => {
  const move = { node: "worker-3", movedFrom: "worker-2" };
  expect(orderOf(lab, databaseBackups.elasticsearch, move)).toEqual({
    name: "moved from worker-2 to worker-3",
    folder: undefined,
    until: undefined,
    overwrite: false,
  });
  expect(orderOf(restoring({}), databaseBackups.elasticsearch, move)?.folder).toBe("homelab/1/elasticsearch");
});

test("lists every database in the table of backups, each at its own minute", () => {
  const lines = dataBackupPolicies(lab);
  expect(lines.map(({ system }) => system)).toEqual(["elasticsearch", "mongodb", "neo4j"]);
  expect(new Set(lines.map(({ schedule }) => schedule)).size).toBe(lines.length);
  for (const { rpoHours, keepDays } of lines) expect(keepDays * 24).toBeGreaterThan(rpoHours);
  expect(dataBackupPolicies({ config: { ...lab.config, data: undefined } })).toEqual([]);
});
