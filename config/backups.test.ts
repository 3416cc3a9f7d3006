import { expect, test } from "vitest";
import { backupFolder, restorePoint } from "./backups.ts";
import type { LabConfig } from "./schema.ts";

const labWith = (restore: LabConfig["restore"]) => ({
  stack: "homelab",
  config: { backup: { generation: 2 }, restore } as unknown as LabConfig,
});

test("each generation of a lab and each system writes to a folder of its own", () => {
  expect(backupFolder(labWith(undefined), "velero")).toBe("homelab/2/velero");
  expect(backupFolder(labWith(undefined), "velero", 1)).toBe("homelab/1/velero");
});

test("without an order nothing comes back", () => {
  expect(restorePoint(labWith(undefined), "authentik")).toBeUndefined();
});

test("an order without a scope is for every namespace, and the newest has no moment", () => {
  expect(restorePoint(labWith({ from: "latest", generation: 1, overwrite: [] }), "authentik")).toEqual({
    generation: 1,
    backup: "latest",
    moment: undefined,
    overwrite: false,
  });
});

test("a backup's name tells the moment, and only what is named comes back or is written over", () => {
  const lab = labWith({
    from: "daily-20261120012300",
    generation: 1,
    includedNamespaces: ["authentik", "monitoring"],
    overwrite: ["authentik"],
  });
  expect(restorePoint(lab, "authentik")).toEqual({
    generation: 1,
    backup: "daily-20261120012300",
    moment: "2026-11-20T01:23:00Z",
    overwrite: true,
  });
  expect(restorePoint(lab, "monitoring")).toMatchObject({ overwrite: false });
  expect(restorePoint(lab, "cortex-knowledge")).toBeUndefined();
});
