import { expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { refusedDiskChanges } from "./diskChanges.ts";

const disks = [
  { interface: "scsi0", serial: "os-1-0", size: 40 },
  { interface: "scsi1", serial: "lh-1-1", size: 200 },
];
const changed = (change: object) => disks.map((disk, index) => (index === 1 ? { ...disk, ...change } : disk));

test("accepts a larger disk and an additional disk", () =>
  expect(
    refusedDiskChanges("one", disks, [
      ...changed({ size: 300 }),
      { interface: "scsi2", serial: "lh-1-2", size: 50 },
    ]),
  ).toEqual([]));

test.each([
  ["is removed", disks.slice(0, 1), "loses the disk lh-1-1 in scsi1"],
  [
    "moves to another slot",
    changed({ interface: "scsi2", serial: "lh-1-2" }),
    "loses the disk lh-1-1 in scsi1",
  ],
  [
    "has another serial in the same slot",
    changed({ serial: "lh-1-9" }),
    "replaces the disk lh-1-1 in scsi1 by lh-1-9",
  ],
  ["shrinks", changed({ size: 100 }), "shrinks the disk lh-1-1 from 200 to 100 GiB"],
])("rejects a disk that %s (S3)", (_what, now, words) => {
  const message = refusedDiskChanges("one", disks, now).map(formatDiagnostic).join("\n");
  for (const part of ["lab:nodes.one", words, "(S3)", "fix: "]) expect(message).toContain(part);
});
