import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LoopDevices, run } from "./testing/disks.ts";

let loop: LoopDevices;
beforeEach(() => {
  loop = new LoopDevices();
});
afterEach(() => loop.dispose());

// A request to wipe a disk applies to exactly that disk, once, even if it stays in the file and other records are lost
// (S3).

test("a wipe request applies to exactly one disk (S3)", () => {
  const [one, two] = ["A", "B"].map((serial) => loop.attach(serial));
  for (const device of [one, two]) run("mkfs.ext4", "-q", "-F", device ?? "");
  const before = loop.hash(two ?? "");
  expect(loop.prepare({ disks: "a:A:1 b:B:1", wipe: "A@2026-11-21" }).status).toBe(1);
  expect(loop.hash(two ?? "")).toBe(before);
  const { status, stdout } = loop.prepare({ disks: "a:A:1", wipe: "A@2026-11-21" });
  expect(stdout).toContain("wiped by request A@2026-11-21");
  expect(status).toBe(0);
});

test("a wipe request runs once, and keeps newer data while it stays in the file (S3)", () => {
  const device = loop.attach("A");
  run("mkfs.ext4", "-q", "-F", device);
  const request = { disks: "data:A:1", wipe: "A@2026-11-21" };
  expect(loop.prepare(request).status).toBe(0);
  writeFileSync(`${loop.mountPoint("data")}/replica`, "data of a replica");
  const { status, stdout } = loop.prepare(request);
  expect(stdout).not.toContain("wiped");
  expect(status).toBe(0);
  expect(readFileSync(`${loop.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  expect(loop.prepare({ ...request, wipe: "A@2026-12-24" }).stdout).toContain(
    "wiped by request A@2026-12-24",
  );
  expect(existsSync(`${loop.mountPoint("data")}/replica`)).toBe(false);
});

describe("a completed wipe request", () => {
  const request = { disks: "data:A:1", wipe: "A@2026-11-21" };
  const replica = () => `${loop.mountPoint("data")}/replica`;
  beforeEach(() => {
    run("mkfs.ext4", "-q", "-F", loop.attach("A"));
    expect(loop.prepare(request).stdout).toContain("wiped by request A@2026-11-21");
    writeFileSync(replica(), "data of a replica");
  });

  /** A reinstalled node: only its disks are left. */
  function rebuildRoot(): void {
    run("umount", loop.mountPoint("data"));
    rmSync(`${loop.root}/etc/homelab`, { recursive: true });
    writeFileSync(loop.fstab, "");
  }

  test("is not repeated on a rebuilt node, because the disk records it (S3)", () => {
    rebuildRoot();
    const { status, stdout, stderr } = loop.prepare(request);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("wiped by");
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
    expect(existsSync(`${loop.root}/etc/homelab/wiped/A@2026-11-21`)).toBe(true);
  });

  test("is not repeated if the stack file is reverted to an earlier date (S3)", () => {
    rebuildRoot();
    const { status, stdout } = loop.prepare({ ...request, wipe: "A@2026-11-01" });
    expect(status).toBe(0);
    expect(stdout).not.toContain("wiped by");
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
  });

  test("is not repeated for a disk with another name, which is refused (S3)", () => {
    rebuildRoot();
    const { status, stderr } = loop.prepare({ ...request, disks: "other:A:1" });
    expect([status, stderr]).toEqual([1, expect.stringContaining("REFUSED (S3)")]);
    expect(loop.prepare(request).status).toBe(0);
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
  });
});

test("a wipe request for a blank disk is recorded as completed", () => {
  loop.attach("A");
  const request = { disks: "data:A:1", wipe: "A@2026-11-21" };
  expect(loop.prepare(request).status).toBe(0);
  writeFileSync(`${loop.mountPoint("data")}/replica`, "data of a replica");
  rmSync(`${loop.root}/etc/homelab`, { recursive: true });
  expect(loop.prepare(request).status).toBe(0);
  expect(readFileSync(`${loop.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
});

test("a wipe request without a date is refused (S3)", () => {
  const device = loop.attach("A");
  run("mkfs.ext4", "-q", "-F", device);
  const before = loop.hash(device);
  const { status, stderr } = loop.prepare({ disks: "data:A:1", wipe: "A@now" });
  expect([status, stderr]).toEqual([1, expect.stringContaining("'A@now' is not a wipe request")]);
  expect(stderr).toContain("fix: ");
  expect(loop.hash(device)).toBe(before);
});
