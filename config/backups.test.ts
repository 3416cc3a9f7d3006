import { expect, test } from "vitest";
import { backupFolder, restorePoint } from "./backups.ts";
import type { LabConfig } from "./schema.ts";

const labWith = (restore: LabConfig["restore"]) => ({
  stack: "homelab",
  config: { backup: { life: 2 }, restore } as unknown as LabConfig,
});

test("each life of a lab and each system writes to a folder of its own", () => {
  expect(backupFolder(labWith(undefined), "velero")).toBe("homelab/2/velero");
  expect(backupFolder(labWith(undefined), "velero", 1)).toBe("homelab/1/velero");
});

test("without an order nothing comes back", () => {
  expect(restorePoint(labWith(undefined), "authentik")).toBeUndefined();
});

test("an order without a scope is for every namespace, and the newest has no moment", () => {
  expect(restorePoint(labWith({ from: "latest", life: 1, over: [] }), "authentik")).toEqual({
    life: 1,
    backup: "latest",
    moment: undefined,
    over: false,
  });
});

test("a backup's name tells the moment, and only what is named comes back or is written over", () => {
  const lab = labWith({
    from: "daily-20261120012300",
    life: 1,
    scope: ["authentik", "monitoring"],
    over: ["authentik"],
  });
  expect(restorePoint(lab, "authentik")).toEqual({
    life: 1,
    backup: "daily-20261120012300",
    moment: "2026-11-20T01:23:00Z",
    over: true,
  });
  expect(restorePoint(lab, "monitoring")).toMatchObject({ over: false });
  expect(restorePoint(lab, "cortex-knowledge")).toBeUndefined();
});
