import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Bench, must } from "./testing/disks.ts";

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.dispose());

const part = (device: string) => `${device}p1`;

/** Prepares a disk, and puts a file on it as Longhorn would. */
function prepared(serial: string, name = "data"): string {
  const device = bench.attach(serial);
  const { status, stderr } = bench.prepare({ disks: `${name}:${serial}:1` });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  writeFileSync(`${bench.mountPoint(name)}/replica`, "data of a replica");
  return device;
}

describe("a blank disk", () => {
  test("becomes GPT, one ext4 partition with our label, mounted by UUID, with an identity", () => {
    const device = bench.attach("A");
    const { status, stdout, stderr } = bench.prepare({ disks: "data:A:2" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(`changed: ${part(device)} has ext4`);
    const uuid = must("blkid", "-p", "-o", "value", "-s", "UUID", part(device));
    expect(must("blkid", "-p", "-o", "value", "-s", "LABEL", part(device))).toBe("lh-data");
    expect(bench.mounts()).toEqual([
      `UUID=${uuid} ${bench.mountPoint("data")} ext4 defaults,noatime,nofail,x-systemd.device-timeout=5min 0 2`,
    ]);
    expect(readFileSync(bench.fstab, "utf8")).toContain("UUID=0000 / ext4 defaults 0 1\n");
    expect(must("findmnt", "-no", "SOURCE", bench.mountPoint("data"))).toBe(part(device));
    expect(readFileSync(`${bench.mountPoint("data")}/longhorn-disk.cfg`, "utf8")).toBe("{}\n");
  });

  test("a second run changes nothing", () => {
    const device = prepared("A");
    // Not the device's hash: ext4 initialises itself lazily behind everybody's back.
    const facts = () => [
      must("blkid", "-p", part(device)),
      readFileSync(bench.fstab, "utf8"),
      readFileSync(`${bench.mountPoint("data")}/replica`, "utf8"),
    ];
    const before = facts();
    const { status, stdout } = bench.prepare({ disks: "data:A:1" });
    expect(status).toBe(0);
    for (const line of stdout.trim().split("\n")) expect(line).toContain("unchanged: ");
    expect(facts()).toEqual(before);
  });

  test("with an empty partition table is blank too", () => {
    const device = bench.attach("A");
    must("sgdisk", "--clear", device);
    expect(bench.prepare({ disks: "data:A:1" }).status).toBe(0);
  });

  test("three at once, and the second run changes nothing", () => {
    for (const serial of ["A", "B", "C"]) bench.attach(serial);
    const disks = "a:A:1 b:B:1 c:C:1";
    expect(bench.prepare({ disks }).status).toBe(0);
    expect(bench.mounts()).toHaveLength(3);
    const before = readFileSync(bench.fstab, "utf8");
    const { status, stdout } = bench.prepare({ disks });
    expect([status, stdout.match(/changed: .*/g)?.filter((line) => !stdout.includes(`un${line}`))]).toEqual([
      0,
      [],
    ]);
    expect(readFileSync(bench.fstab, "utf8")).toBe(before);
  });

  test("the bare mount point cannot be written to", () => {
    prepared("A");
    must("umount", bench.mountPoint("data"));
    expect(spawnSync("touch", [`${bench.mountPoint("data")}/stray`]).status).not.toBe(0);
    // And the disk comes back.
    expect(bench.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(`${bench.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  });
});

describe("a disk that holds something is refused, and stays as it is", () => {
  const gptWithData = (device: string) => {
    must("sgdisk", "--new=1:0:0", device);
    must("partx", "--update", device);
    must("mkfs.ext4", "-q", part(device));
  };
  const foreign: [string, (device: string) => void, string][] = [
    ["ext4 over the whole disk", (device) => must("mkfs.ext4", "-q", "-F", device), "ext4"],
    ["a GPT with a filesystem", gptWithData, "gpt"],
    [
      "a GPT with an empty partition that is not ours",
      (device) => must("sgdisk", "--new=1:0:0", device),
      "1 partitions",
    ],
    ["an MBR with a partition", (device) => must("sh", "-c", `echo ',,L' | sfdisk -q ${device}`), "dos"],
    ["swap", (device) => must("mkswap", device), "swap"],
    [
      "an LVM volume",
      (device) =>
        must("pvcreate", "-qq", "--config", 'devices { use_devicesfile=0 filter=["a|.*|"] }', device),
      "LVM2_member",
    ],
    [
      "a RAID member",
      // Its superblock alone: no array is assembled on this machine.
      (device) =>
        must(
          "sh",
          "-c",
          `printf '\\374\\116\\053\\251\\001' | dd of=${device} bs=1 seek=4096 conv=notrunc status=none && printf '\\010' | dd of=${device} bs=1 seek=4240 conv=notrunc status=none`,
        ),
      "linux_raid_member",
    ],
    [
      "LUKS",
      (device) =>
        must(
          "sh",
          "-c",
          `echo -n secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 ${device} -`,
        ),
      "crypto_LUKS",
    ],
    [
      "data without any signature",
      (device) => must("sh", "-c", `printf raw | dd of=${device} bs=1M seek=20 conv=notrunc status=none`),
      "no signature",
    ],
  ];

  test.each(foreign)("%s", (_what, make, words) => {
    const device = bench.attach("A");
    make(device);
    const before = [bench.hash(device), readFileSync(bench.fstab, "utf8")];
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("REFUSED (S3)");
    expect(stderr).toContain(words);
    expect(stderr).toContain("order the wipe of exactly this disk");
    expect(status).toBe(1);
    expect([bench.hash(device), readFileSync(bench.fstab, "utf8")]).toEqual(before);
  });

  test("mounted elsewhere", () => {
    const device = bench.attach("A");
    must("mkfs.ext4", "-q", "-F", device);
    mkdirSync(`${bench.root}/mnt/elsewhere`, { recursive: true });
    must("mount", device, `${bench.root}/mnt/elsewhere`);
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    expect(stderr).toContain(`is mounted at ${bench.root}/mnt/elsewhere`);
    expect(status).toBe(1);
  });

  test("one wrong disk among three stops all, before the first is touched", () => {
    const [one, two, three] = ["A", "B", "C"].map((serial) => bench.attach(serial));
    must("mkfs.ext4", "-q", "-F", three ?? "");
    const before = [one, two, three].map((device) => bench.hash(device ?? ""));
    expect(bench.prepare({ disks: "a:A:1 b:B:1 c:C:1" }).status).toBe(1);
    expect([one, two, three].map((device) => bench.hash(device ?? ""))).toEqual(before);
    expect(bench.mounts()).toEqual([]);
  });
});

test.each(["sfdisk", "sgdisk", "wipefs"])(
  "without %s no disk is looked at: ours would seem a stranger's (S2)",
  (tool) => {
    prepared("A");
    const { status, stdout, stderr } = bench.prepare({ disks: "data:A:1" }, { without: tool });
    expect([status, stderr]).toEqual([1, expect.stringContaining(`REFUSED (S2): ${tool} is not installed`)]);
    expect(stderr).toContain("fix: run prepare-node.sh");
    // Not by its hash: a mounted filesystem writes by itself.
    expect(stdout).toBe("");
    expect(readFileSync(`${bench.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  },
);

describe("a disk that is not what was declared", () => {
  test.each([
    ["no such serial", "data:Z:1", "no disk has the serial Z; there are: A ("],
    ["too small", "data:A:3", "has 2 GiB, and 3 are declared"],
    ["a name that is none", "Da/ta:A:1", "is no name for a disk"],
    ["no size", "data:A:", "has no size in GiB"],
  ])("%s", (_what, disks, words) => {
    const device = bench.attach("A");
    const before = bench.hash(device);
    const { status, stderr } = bench.prepare({ disks });
    expect(stderr).toContain(words);
    expect(stderr).toContain("fix: ");
    expect(status).toBe(1);
    expect(bench.hash(device)).toBe(before);
  });

  test("a root filesystem that is full", () => {
    const device = bench.attach("A");
    const before = bench.hash(device);
    must("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", `${bench.root}/etc`);
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    must("umount", `${bench.root}/etc`);
    expect(stderr).toContain(
      `REFUSED (K7): the filesystem of ${bench.root}/etc has 0 MiB free, and 1 are needed`,
    );
    expect(stderr).toContain("fix: ");
    expect(status).toBe(1);
    expect(bench.hash(device)).toBe(before);
  });

  test("two disks with one serial", () => {
    bench.attach("A");
    bench.attach("A");
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("several disks have the serial A");
    expect(status).toBe(1);
  });

  test("a mount point with files in it", () => {
    bench.attach("A");
    mkdirSync(bench.mountPoint("data"), { recursive: true });
    writeFileSync(`${bench.mountPoint("data")}/stray`, "x");
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("is not mounted and not empty");
    expect(status).toBe(1);
  });
});

describe("longhorn-disk.cfg", () => {
  const cfg = () => `${bench.mountPoint("data")}/longhorn-disk.cfg`;
  const replicas = () => mkdirSync(`${bench.mountPoint("data")}/replicas/pvc-1`, { recursive: true });

  test("an identity is never overwritten", () => {
    prepared("A");
    writeFileSync(cfg(), '{"diskUUID":"5c1f"}');
    expect(bench.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(cfg(), "utf8")).toBe('{"diskUUID":"5c1f"}');
  });

  test("an empty one on a disk without replicas is fixed", () => {
    prepared("A");
    writeFileSync(cfg(), "");
    expect(bench.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(cfg(), "utf8")).toBe("{}\n");
  });

  test.each([
    ["an empty one beside replicas", ""],
    ["a broken one", '{"diskUUID":'],
    ["one that is no object", "[]"],
  ])("%s is refused and left alone", (_what, content) => {
    prepared("A");
    replicas();
    writeFileSync(cfg(), content);
    const { status, stderr } = bench.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("REFUSED (S4)");
    expect(status).toBe(1);
    expect(readFileSync(cfg(), "utf8")).toBe(content);
  });
});

describe("a run that was cut", () => {
  test.each(["partition", "format", "mountpoint", "fstab", "mount", "identity"])(
    "after the step %s goes on where it stopped",
    (step) => {
      bench.attach("A");
      expect(bench.prepare({ disks: "data:A:1" }, { stopAfter: step }).signal).toBe("SIGKILL");
      const { status, stderr } = bench.prepare({ disks: "data:A:1" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(bench.mounts()).toHaveLength(1);
      expect(readFileSync(`${bench.mountPoint("data")}/longhorn-disk.cfg`, "utf8")).toBe("{}\n");
    },
  );

  test.each(["unmount", "zap", "wipefs", "wipe"])(
    "in a wipe, after the step %s, goes on too, and wipes no other disk",
    (step) => {
      const [one, two] = ["A", "B"].map((serial) => bench.attach(serial));
      for (const device of [one, two]) must("mkfs.ext4", "-q", "-F", device ?? "");
      const before = bench.hash(two ?? "");
      const order = { disks: "data:A:1", wipe: "A@2026-11-21" };
      expect(bench.prepare(order, { stopAfter: step }).signal).toBe("SIGKILL");
      const { status, stderr } = bench.prepare(order);
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(bench.hash(two ?? "")).toBe(before);
    },
  );
});
