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

test("without an order there is none", () => expect(orderOf(lab, databaseBackups.mongodb)).toBeUndefined());

test("a restore names the earlier generation's own folder and the moment of the backup", () =>
  expect(orderOf(restoring({ from: "daily-20261120012300" }), databaseBackups.mongodb)).toEqual({
    name: "generation 1 daily-20261120012300",
    folder: "homelab/1/mongodb",
    until: "2026-11-20T01:23:00Z",
    overwrite: false,
  }));

test("what is not in its scope comes back by no order", () =>
  expect(orderOf(restoring({ scope: ["cortex-itil"] }), databaseBackups.neo4j)).toBeUndefined());

test("data of today is written over only where that was said", () =>
  expect(orderOf(restoring({ overwrite: ["cortex-itil"] }), databaseBackups.mongodb)?.overwrite).toBe(true));

test("a move takes what this generation has, and a restore comes before it", () => {
  const move = { node: "worker-3", movedFrom: "worker-2" };
  expect(orderOf(lab, databaseBackups.elasticsearch, move)).toEqual({
    name: "moved from worker-2 to worker-3",
    folder: undefined,
    until: undefined,
    overwrite: false,
  });
  expect(orderOf(restoring({}), databaseBackups.elasticsearch, move)?.folder).toBe("homelab/1/elasticsearch");
});

test("every database has its line in the table of backups, and no two are kept at the same minute", () => {
  const lines = dataBackupPolicies(lab);
  expect(lines.map(({ system }) => system)).toEqual(["elasticsearch", "mongodb", "neo4j"]);
  expect(new Set(lines.map(({ schedule }) => schedule)).size).toBe(lines.length);
  for (const { rpoHours, keepDays } of lines) expect(keepDays * 24).toBeGreaterThan(rpoHours);
  expect(dataBackupPolicies({ config: { ...lab.config, data: undefined } })).toEqual([]);
});
