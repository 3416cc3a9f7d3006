import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Bench, must } from "./testing/disks.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.dispose());

// An order to wipe a disk: for exactly that disk, once, however often it is read and whatever else is lost (S3).

test("is for exactly that disk", () => {
  const [one, two] = ["A", "B"].map((serial) => bench.attach(serial));
  for (const device of [one, two]) must("mkfs.ext4", "-q", "-F", device ?? "");
  const before = bench.hash(two ?? "");
  expect(bench.prepare({ disks: "a:A:1 b:B:1", wipe: "A@2026-11-21" }).status).toBe(1);
  expect(bench.hash(two ?? "")).toBe(before);
  const { status, stdout } = bench.prepare({ disks: "a:A:1", wipe: "A@2026-11-21" });
  expect(stdout).toContain("wiped by the order A@2026-11-21");
  expect(status).toBe(0);
});

test("is carried out once: what was written since stays, however long the order does", () => {
  const device = bench.attach("A");
  must("mkfs.ext4", "-q", "-F", device);
  const order = { disks: "data:A:1", wipe: "A@2026-11-21" };
  expect(bench.prepare(order).status).toBe(0);
  writeFileSync(`${bench.mountPoint("data")}/replica`, "data of a replica");
  const { status, stdout } = bench.prepare(order);
  expect(stdout).not.toContain("wiped");
  expect(status).toBe(0);
  expect(readFileSync(`${bench.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  expect(bench.prepare({ ...order, wipe: "A@2026-12-24" }).stdout).toContain(
    "wiped by the order A@2026-12-24",
  );
  expect(existsSync(`${bench.mountPoint("data")}/replica`)).toBe(false);
});

describe("an order that was carried out stays so", () => {
  const order = { disks: "data:A:1", wipe: "A@2026-11-21" };
  const replica = () => `${bench.mountPoint("data")}/replica`;
  beforeEach(() => {
    must("mkfs.ext4", "-q", "-F", bench.attach("A"));
    expect(bench.prepare(order).stdout).toContain("wiped by the order A@2026-11-21");
    writeFileSync(replica(), "data of a replica");
  });

  /** A node that was installed anew: its disks are all that is left of it. */
  function rebuildRoot(): void {
    must("umount", bench.mountPoint("data"));
    rmSync(`${bench.root}/etc/homelab`, { recursive: true });
    writeFileSync(bench.fstab, "");
  }

  test("on a node that was rebuilt, since the disk carries it", () => {
    rebuildRoot();
    const { status, stdout, stderr } = bench.prepare(order);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("wiped by");
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
    expect(existsSync(`${bench.root}/etc/homelab/wiped/A@2026-11-21`)).toBe(true);
  });

  test("when the stack file is turned back to an earlier one", () => {
    rebuildRoot();
    const { status, stdout } = bench.prepare({ ...order, wipe: "A@2026-11-01" });
    expect(status).toBe(0);
    expect(stdout).not.toContain("wiped by");
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
  });

  test("when the disk is called otherwise: it is refused, not wiped", () => {
    rebuildRoot();
    const { status, stderr } = bench.prepare({ ...order, disks: "other:A:1" });
    expect([status, stderr]).toEqual([1, expect.stringContaining("REFUSED (S3)")]);
    expect(bench.prepare(order).status).toBe(0);
    expect(readFileSync(replica(), "utf8")).toBe("data of a replica");
  });
});

test("a blank disk that comes with an order remembers it, too", () => {
  bench.attach("A");
  const order = { disks: "data:A:1", wipe: "A@2026-11-21" };
  expect(bench.prepare(order).status).toBe(0);
  writeFileSync(`${bench.mountPoint("data")}/replica`, "data of a replica");
  rmSync(`${bench.root}/etc/homelab`, { recursive: true });
  expect(bench.prepare(order).status).toBe(0);
  expect(readFileSync(`${bench.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
});

test("without a day it is no order", () => {
  const device = bench.attach("A");
  must("mkfs.ext4", "-q", "-F", device);
  const before = bench.hash(device);
  const { status, stderr } = bench.prepare({ disks: "data:A:1", wipe: "A@now" });
  expect([status, stderr]).toEqual([1, expect.stringContaining("'A@now' is no order to wipe a disk")]);
  expect(stderr).toContain("fix: ");
  expect(bench.hash(device)).toBe(before);
});
