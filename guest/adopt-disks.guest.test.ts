import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LoopDevices, run } from "./testing/disks.ts";

let loop: LoopDevices;
beforeEach(() => {
  loop = new LoopDevices();
});
afterEach(() => loop.dispose());

const identity = '{"diskUUID":"5c1f"}';

/** A disk that was set up for Longhorn manually, with replicas on it, mounted at /mnt/longhorn/NAME. */
function used(serial: string, name: string, filesystem: "ext4" | "xfs" = "ext4"): string {
  const device = loop.attach(serial);
  run("sgdisk", "--new=1:0:0", device);
  run("partx", "--update", device);
  run(`mkfs.${filesystem}`, "-q", `${device}p1`);
  mkdirSync(loop.mountPoint(name), { recursive: true });
  run("mount", `${device}p1`, loop.mountPoint(name));
  writeFileSync(`${loop.mountPoint(name)}/longhorn-disk.cfg`, identity);
  mkdirSync(`${loop.mountPoint(name)}/replicas/pvc-1`, { recursive: true });
  writeFileSync(`${loop.mountPoint(name)}/replicas/pvc-1/volume-head-000.img`, "data of a replica");
  return `${device}p1`;
}

const uuid = (part: string) => run("blkid", "-p", "-o", "value", "-s", "UUID", part);
/** Every file on a mounted disk, with the hash of its content. */
const content = (name: string) =>
  run("sh", "-c", `cd ${loop.mountPoint(name)} && find . -type f -exec sha256sum {} + | sort`);
const adopt = (...disks: readonly (readonly [string, string])[]) =>
  disks.map(([serial, name]) => `${name}:${serial}:/mnt/longhorn/${name}`).join(" ");
const changes = (stdout: string) => stdout.split("\n").filter((line) => / changed: /.test(line));

test.each(["ext4", "xfs"] as const)(
  "adopts an %s disk without changing its content, and mounts it again after a reboot",
  (filesystem) => {
    const part = used("A", "sdf1", filesystem);
    const before = content("sdf1");
    const settings = { adopt: adopt(["A", "sdf1"]) };
    const { status, stderr } = loop.prepare(settings);
    expect([status, stderr]).toEqual([0, ""]);
    expect(content("sdf1")).toBe(before);
    // With its own filesystem type: mounting XFS as ext4 fails, and `nofail` would hide the failure.
    expect(loop.mounts()).toEqual([
      expect.stringMatching(new RegExp(`^UUID=${uuid(part)} ${loop.mountPoint("sdf1")} ${filesystem} `)),
    ]);
    const second = loop.prepare(settings);
    expect([second.status, changes(second.stdout)]).toEqual([0, []]);

    run("umount", loop.mountPoint("sdf1"));
    expect(changes(loop.prepare(settings).stdout)).toEqual([
      `prepare-disks: changed: ${loop.mountPoint("sdf1")} is mounted`,
    ]);
    expect(content("sdf1")).toBe(before);
  },
);

test("adopts three disks together with a new one, as k3s1 has sdf, sdg and sdh, without changing their content", () => {
  const letters = [
    ["S4Z1", "sdf1"],
    ["S4Z2", "sdg1"],
    ["S4Z3", "sdh1"],
  ] as const;
  const parts = letters.map(([serial, name]) => used(serial, name));
  loop.attach("NEW");
  // fstab as on that host: one disk by device name, which may change; one by UUID with its own options; one is missing.
  const own = `UUID=${uuid(parts[1] ?? "")} ${loop.mountPoint("sdg1")} ext4 defaults,discard 0 2`;
  writeFileSync(loop.fstab, `${parts[0]} ${loop.mountPoint("sdf1")} ext4 defaults 0 2\n${own}\n`);
  const before = letters.map(([, name]) => content(name));
  const settings = { disks: "data1:NEW:1", adopt: adopt(...letters) };
  const { status, stderr } = loop.prepare(settings);
  expect([status, stderr]).toEqual([0, ""]);
  expect(letters.map(([, name]) => content(name))).toEqual(before);
  const [first, second, ...others] = loop.mounts();
  expect(first).toBe(`UUID=${uuid(parts[0] ?? "")} ${loop.mountPoint("sdf1")} ext4 defaults 0 2`);
  expect(second).toBe(own);
  expect(others).toHaveLength(2);
  const again = loop.prepare(settings);
  expect([again.status, changes(again.stdout)]).toEqual([0, []]);
});

describe("adopting a disk", () => {
  test("refuses a blank disk", () => {
    loop.attach("A");
    const { status, stderr } = loop.prepare({ adopt: adopt(["A", "sdf1"]) });
    expect(stderr).toContain("does not have exactly one ext4 or xfs filesystem");
    expect(status).toBe(1);
  });

  test("refuses a disk that Longhorn uses at another path (S3)", () => {
    used("A", "sdf1");
    mkdirSync(loop.mountPoint("sdg1"));
    const before = readFileSync(loop.fstab, "utf8");
    const { status, stderr } = loop.prepare({ adopt: adopt(["A", "sdg1"]) });
    expect(stderr).toMatch(
      /REFUSED \(S3\): A .* is mounted at .*sdf1, and \/mnt\/longhorn\/sdg1 is declared/,
    );
    expect(status).toBe(1);
    expect(readFileSync(loop.fstab, "utf8")).toBe(before);
  });

  test("refuses an identity file that Longhorn cannot read, before it changes the new disk (S4)", () => {
    used("A", "sdf1");
    const device = loop.attach("NEW");
    const before = loop.hash(device);
    writeFileSync(`${loop.mountPoint("sdf1")}/longhorn-disk.cfg`, "");
    const { status, stderr } = loop.prepare({ disks: "data1:NEW:1", adopt: adopt(["A", "sdf1"]) });
    expect([status, stderr]).toEqual([1, expect.stringContaining("REFUSED (S4)")]);
    expect(readFileSync(`${loop.mountPoint("sdf1")}/longhorn-disk.cfg`, "utf8")).toBe("");
    expect(loop.hash(device)).toBe(before);
  });
});
