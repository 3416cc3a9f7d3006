import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Bench, must } from "./testing/disks.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.dispose());

const identity = '{"diskUUID":"5c1f"}';

/** A disk as a person made it for Longhorn by hand, with replicas on it, mounted at /mnt/longhorn/NAME. */
function used(serial: string, name: string, filesystem: "ext4" | "xfs" = "ext4"): string {
  const device = bench.attach(serial);
  must("sgdisk", "--new=1:0:0", device);
  must("partx", "--update", device);
  must(`mkfs.${filesystem}`, "-q", `${device}p1`);
  mkdirSync(bench.mountPoint(name), { recursive: true });
  must("mount", `${device}p1`, bench.mountPoint(name));
  writeFileSync(`${bench.mountPoint(name)}/longhorn-disk.cfg`, identity);
  mkdirSync(`${bench.mountPoint(name)}/replicas/pvc-1`, { recursive: true });
  writeFileSync(`${bench.mountPoint(name)}/replicas/pvc-1/volume-head-000.img`, "data of a replica");
  return `${device}p1`;
}

const uuid = (part: string) => must("blkid", "-p", "-o", "value", "-s", "UUID", part);
/** Everything on a mounted disk, by path and content. */
const content = (name: string) =>
  must("sh", "-c", `cd ${bench.mountPoint(name)} && find . -type f -exec sha256sum {} + | sort`);
const adopt = (...disks: readonly (readonly [string, string])[]) =>
  disks.map(([serial, name]) => `${name}:${serial}:/mnt/longhorn/${name}`).join(" ");
const changes = (stdout: string) => stdout.split("\n").filter((line) => / changed: /.test(line));

test.each(["ext4", "xfs"] as const)(
  "an %s disk is adopted as it is, and comes back after a reboot",
  (filesystem) => {
    const part = used("A", "sdf1", filesystem);
    const before = content("sdf1");
    const settings = { adopt: adopt(["A", "sdf1"]) };
    const { status, stderr } = bench.prepare(settings);
    expect([status, stderr]).toEqual([0, ""]);
    expect(content("sdf1")).toBe(before);
    // Its own type: a mount of XFS as ext4 fails, and `nofail` would hide that.
    expect(bench.mounts()).toEqual([
      expect.stringMatching(new RegExp(`^UUID=${uuid(part)} ${bench.mountPoint("sdf1")} ${filesystem} `)),
    ]);
    const second = bench.prepare(settings);
    expect([second.status, changes(second.stdout)]).toEqual([0, []]);

    must("umount", bench.mountPoint("sdf1"));
    expect(changes(bench.prepare(settings).stdout)).toEqual([
      `prepare-disks: changed: ${bench.mountPoint("sdf1")} is mounted`,
    ]);
    expect(content("sdf1")).toBe(before);
  },
);

test("three disks beside a new one, as k3s1 has sdf, sdg and sdh: nothing on them changes", () => {
  const letters = [
    ["S4Z1", "sdf1"],
    ["S4Z2", "sdg1"],
    ["S4Z3", "sdh1"],
  ] as const;
  const parts = letters.map(([serial, name]) => used(serial, name));
  bench.attach("NEW");
  // As that host has them in fstab: one by its letter, which may move; one by UUID with options of its own; one not.
  const own = `UUID=${uuid(parts[1] ?? "")} ${bench.mountPoint("sdg1")} ext4 defaults,discard 0 2`;
  writeFileSync(bench.fstab, `${parts[0]} ${bench.mountPoint("sdf1")} ext4 defaults 0 2\n${own}\n`);
  const before = letters.map(([, name]) => content(name));
  const settings = { disks: "data1:NEW:1", adopt: adopt(...letters) };
  const { status, stderr } = bench.prepare(settings);
  expect([status, stderr]).toEqual([0, ""]);
  expect(letters.map(([, name]) => content(name))).toEqual(before);
  const [first, second, ...others] = bench.mounts();
  expect(first).toBe(`UUID=${uuid(parts[0] ?? "")} ${bench.mountPoint("sdf1")} ext4 defaults 0 2`);
  expect(second).toBe(own);
  expect(others).toHaveLength(2);
  const again = bench.prepare(settings);
  expect([again.status, changes(again.stdout)]).toEqual([0, []]);
});

describe("what is not as declared is refused, and stays as it is", () => {
  test("a disk that is blank after all", () => {
    bench.attach("A");
    const { status, stderr } = bench.prepare({ adopt: adopt(["A", "sdf1"]) });
    expect(stderr).toContain("has not exactly one ext4 or xfs filesystem");
    expect(status).toBe(1);
  });

  test("a disk that Longhorn uses at another path", () => {
    used("A", "sdf1");
    mkdirSync(bench.mountPoint("sdg1"));
    const before = readFileSync(bench.fstab, "utf8");
    const { status, stderr } = bench.prepare({ adopt: adopt(["A", "sdg1"]) });
    expect(stderr).toMatch(
      /REFUSED \(S3\): A .* is mounted at .*sdf1, and \/mnt\/longhorn\/sdg1 is declared/,
    );
    expect(status).toBe(1);
    expect(readFileSync(bench.fstab, "utf8")).toBe(before);
  });

  test("an identity that Longhorn cannot read, before the new disk beside it is touched (S4)", () => {
    used("A", "sdf1");
    const device = bench.attach("NEW");
    const before = bench.hash(device);
    writeFileSync(`${bench.mountPoint("sdf1")}/longhorn-disk.cfg`, "");
    const { status, stderr } = bench.prepare({ disks: "data1:NEW:1", adopt: adopt(["A", "sdf1"]) });
    expect([status, stderr]).toEqual([1, expect.stringContaining("REFUSED (S4)")]);
    expect(readFileSync(`${bench.mountPoint("sdf1")}/longhorn-disk.cfg`, "utf8")).toBe("");
    expect(bench.hash(device)).toBe(before);
  });
});
