import { expect, test } from "vitest";
import { backupFolder, restorePoint } from "./backups.ts";
import type { LabConfig } from "./schema.ts";

const labWith = (restore: LabConfig["restore"]) => ({
  stack: "homelab",
  config: { backup: { generation: 2 }, restore } as unknown as LabConfig,
});

test("gives each generation of a lab and each system its own folder", () => {
  expect(backupFolder(labWith(undefined), "velero")).toBe("homelab/2/velero");
  expect(backupFolder(labWith(undefined), "velero", 1)).toBe("homelab/1/velero");
});

test("restores nothing without lab:restore", () => {
  expect(restorePoint(labWith(undefined), "authentik")).toBeUndefined();
});

test("restores every namespace without includedNamespaces, and the newest backup without a time", () => {
  expect(restorePoint(labWith({ from: "latest", generation: 1, overwrite: [] }), "authentik")).toEqual({
    generation: 1,
    backup: "latest",
    moment: undefined,
    overwrite: false,
  });
});

test("reads the time from the name of a backup, and restores and overwrites named namespaces only", () => {
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
