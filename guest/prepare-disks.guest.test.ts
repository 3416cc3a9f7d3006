import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LoopDevices, run } from "./testing/disks.ts";

let loop: LoopDevices;
beforeEach(() => {
  loop = new LoopDevices();
});
afterEach(() => loop.dispose());

const part = (device: string) => `${device}p1`;

/** Prepares a disk, and writes a file on it as Longhorn would. */
function prepared(serial: string, name = "data"): string {
  const device = loop.attach(serial);
  const { status, stderr } = loop.prepare({ disks: `${name}:${serial}:1` });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  writeFileSync(`${loop.mountPoint(name)}/replica`, "data of a replica");
  return device;
}

describe("a blank disk", () => {
  test("gets a GPT and one labelled ext4 partition, is mounted by UUID, and gets an identity file", () => {
    const device = loop.attach("A");
    const { status, stdout, stderr } = loop.prepare({ disks: "data:A:2" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(`changed: ${part(device)} has ext4`);
    const uuid = run("blkid", "-p", "-o", "value", "-s", "UUID", part(device));
    expect(run("blkid", "-p", "-o", "value", "-s", "LABEL", part(device))).toBe("lh-data");
    expect(loop.mounts()).toEqual([
      `UUID=${uuid} ${loop.mountPoint("data")} ext4 defaults,noatime,nofail,x-systemd.device-timeout=5min 0 2`,
    ]);
    expect(readFileSync(loop.fstab, "utf8")).toContain("UUID=0000 / ext4 defaults 0 1\n");
    expect(run("findmnt", "-no", "SOURCE", loop.mountPoint("data"))).toBe(part(device));
    expect(readFileSync(`${loop.mountPoint("data")}/longhorn-disk.cfg`, "utf8")).toBe("{}\n");
  });

  test("does not change on a second run", () => {
    const device = prepared("A");
    // Not the device's hash: ext4 initialises itself lazily in the background.
    const facts = () => [
      run("blkid", "-p", part(device)),
      readFileSync(loop.fstab, "utf8"),
      readFileSync(`${loop.mountPoint("data")}/replica`, "utf8"),
    ];
    const before = facts();
    const { status, stdout } = loop.prepare({ disks: "data:A:1" });
    expect(status).toBe(0);
    for (const line of stdout.trim().split("\n")) expect(line).toContain("unchanged: ");
    expect(facts()).toEqual(before);
  });

  test("may have an empty partition table", () => {
    const device = loop.attach("A");
    run("sgdisk", "--clear", device);
    expect(loop.prepare({ disks: "data:A:1" }).status).toBe(0);
  });

  test("is prepared together with two others, and a second run changes nothing", () => {
    for (const serial of ["A", "B", "C"]) loop.attach(serial);
    const disks = "a:A:1 b:B:1 c:C:1";
    expect(loop.prepare({ disks }).status).toBe(0);
    expect(loop.mounts()).toHaveLength(3);
    const before = readFileSync(loop.fstab, "utf8");
    const { status, stdout } = loop.prepare({ disks });
    expect([status, stdout.match(/changed: .*/g)?.filter((line) => !stdout.includes(`un${line}`))]).toEqual([
      0,
      [],
    ]);
    expect(readFileSync(loop.fstab, "utf8")).toBe(before);
  });

  test("has a mount point that is not writable while it is unmounted", () => {
    prepared("A");
    run("umount", loop.mountPoint("data"));
    expect(spawnSync("touch", [`${loop.mountPoint("data")}/stray`]).status).not.toBe(0);
    // A second run mounts the disk again.
    expect(loop.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(`${loop.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  });
});

describe("prepare-disks.sh with a disk that is not blank", () => {
  const gptWithData = (device: string) => {
    run("sgdisk", "--new=1:0:0", device);
    run("partx", "--update", device);
    run("mkfs.ext4", "-q", part(device));
  };
  const foreign: [string, (device: string) => void, string][] = [
    ["ext4 on the whole disk", (device) => run("mkfs.ext4", "-q", "-F", device), "ext4"],
    ["a GPT with a filesystem", gptWithData, "gpt"],
    [
      "a GPT with an empty partition of another name",
      (device) => run("sgdisk", "--new=1:0:0", device),
      "1 partitions",
    ],
    ["an MBR with a partition", (device) => run("sh", "-c", `echo ',,L' | sfdisk -q ${device}`), "dos"],
    ["swap", (device) => run("mkswap", device), "swap"],
    [
      "an LVM volume",
      (device) =>
        run("pvcreate", "-qq", "--config", 'devices { use_devicesfile=0 filter=["a|.*|"] }', device),
      "LVM2_member",
    ],
    [
      "a RAID member",
      // Its superblock only: no array is assembled on this machine.
      (device) =>
        run(
          "sh",
          "-c",
          `printf '\\374\\116\\053\\251\\001' | dd of=${device} bs=1 seek=4096 conv=notrunc status=none && printf '\\010' | dd of=${device} bs=1 seek=4240 conv=notrunc status=none`,
        ),
      "linux_raid_member",
    ],
    [
      "LUKS",
      (device) =>
        run(
          "sh",
          "-c",
          `echo -n secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 ${device} -`,
        ),
      "crypto_LUKS",
    ],
    [
      "data without any signature",
      (device) => run("sh", "-c", `printf raw | dd of=${device} bs=1M seek=20 conv=notrunc status=none`),
      "no signature",
    ],
  ];

  test.each(foreign)("refuses %s without changing it (S3)", (_what, make, words) => {
    const device = loop.attach("A");
    make(device);
    const before = [loop.hash(device), readFileSync(loop.fstab, "utf8")];
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("REFUSED (S3)");
    expect(stderr).toContain(words);
    expect(stderr).toContain("request the wipe of exactly this disk");
    expect(status).toBe(1);
    expect([loop.hash(device), readFileSync(loop.fstab, "utf8")]).toEqual(before);
  });

  test("refuses a disk that is mounted elsewhere (S3)", () => {
    const device = loop.attach("A");
    run("mkfs.ext4", "-q", "-F", device);
    mkdirSync(`${loop.root}/mnt/elsewhere`, { recursive: true });
    run("mount", device, `${loop.root}/mnt/elsewhere`);
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    expect(stderr).toContain(`is mounted at ${loop.root}/mnt/elsewhere`);
    expect(status).toBe(1);
  });

  test("refuses all three disks because of one (S3)", () => {
    const [one, two, three] = ["A", "B", "C"].map((serial) => loop.attach(serial));
    run("mkfs.ext4", "-q", "-F", three ?? "");
    const before = [one, two, three].map((device) => loop.hash(device ?? ""));
    expect(loop.prepare({ disks: "a:A:1 b:B:1 c:C:1" }).status).toBe(1);
    expect([one, two, three].map((device) => loop.hash(device ?? ""))).toEqual(before);
    expect(loop.mounts()).toEqual([]);
  });
});

test.each(["sfdisk", "sgdisk", "wipefs"])(
  "prepare-disks.sh refuses to check disks without %s, because a prepared disk would look unknown (S2)",
  (tool) => {
    prepared("A");
    const { status, stdout, stderr } = loop.prepare({ disks: "data:A:1" }, { without: tool });
    expect([status, stderr]).toEqual([1, expect.stringContaining(`REFUSED (S2): ${tool} is not installed`)]);
    expect(stderr).toContain("fix: run prepare-node.sh");
    // Not by its hash: a mounted filesystem writes by itself.
    expect(stdout).toBe("");
    expect(readFileSync(`${loop.mountPoint("data")}/replica`, "utf8")).toBe("data of a replica");
  },
);

describe("prepare-disks.sh with wrong settings or a wrong machine", () => {
  test.each([
    ["an unknown serial", "data:Z:1", "no disk has the serial Z; found: A ("],
    ["a disk that is too small", "data:A:3", "has 2 GiB, and 3 are declared"],
    ["an invalid disk name", "Da/ta:A:1", "is not a valid disk name"],
    ["a missing size", "data:A:", "has no size in GiB"],
  ])("refuses %s", (_what, disks, words) => {
    const device = loop.attach("A");
    const before = loop.hash(device);
    const { status, stderr } = loop.prepare({ disks });
    expect(stderr).toContain(words);
    expect(stderr).toContain("fix: ");
    expect(status).toBe(1);
    expect(loop.hash(device)).toBe(before);
  });

  test("refuses a full root filesystem (K7)", () => {
    const device = loop.attach("A");
    const before = loop.hash(device);
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", `${loop.root}/etc`);
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    run("umount", `${loop.root}/etc`);
    expect(stderr).toContain(
      `REFUSED (K7): the filesystem of ${loop.root}/etc has 0 MiB free, and needs 1 MiB`,
    );
    expect(stderr).toContain("fix: ");
    expect(status).toBe(1);
    expect(loop.hash(device)).toBe(before);
  });

  test("refuses two disks with the same serial (S3)", () => {
    loop.attach("A");
    loop.attach("A");
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("several disks have the serial A");
    expect(status).toBe(1);
  });

  test("refuses a mount point with files in it (S3)", () => {
    loop.attach("A");
    mkdirSync(loop.mountPoint("data"), { recursive: true });
    writeFileSync(`${loop.mountPoint("data")}/stray`, "x");
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("is not mounted and not empty");
    expect(status).toBe(1);
  });
});

describe("longhorn-disk.cfg", () => {
  const cfg = () => `${loop.mountPoint("data")}/longhorn-disk.cfg`;
  const replicas = () => mkdirSync(`${loop.mountPoint("data")}/replicas/pvc-1`, { recursive: true });

  test("is not overwritten if it has an identity (S4)", () => {
    prepared("A");
    writeFileSync(cfg(), '{"diskUUID":"5c1f"}');
    expect(loop.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(cfg(), "utf8")).toBe('{"diskUUID":"5c1f"}');
  });

  test("is rewritten if it is empty on a disk without replicas (S4)", () => {
    prepared("A");
    writeFileSync(cfg(), "");
    expect(loop.prepare({ disks: "data:A:1" }).status).toBe(0);
    expect(readFileSync(cfg(), "utf8")).toBe("{}\n");
  });

  test.each([
    ["is empty on a disk with replicas", ""],
    ["is invalid JSON", '{"diskUUID":'],
    ["is not a JSON object", "[]"],
  ])("is refused without a change if it %s (S4)", (_what, content) => {
    prepared("A");
    replicas();
    writeFileSync(cfg(), content);
    const { status, stderr } = loop.prepare({ disks: "data:A:1" });
    expect(stderr).toContain("REFUSED (S4)");
    expect(status).toBe(1);
    expect(readFileSync(cfg(), "utf8")).toBe(content);
  });
});

describe("an interrupted run", () => {
  test.each(["partition", "format", "mountpoint", "fstab", "mount", "identity"])(
    "continues after the step %s",
    (step) => {
      loop.attach("A");
      expect(loop.prepare({ disks: "data:A:1" }, { stopAfter: step }).signal).toBe("SIGKILL");
      const { status, stderr } = loop.prepare({ disks: "data:A:1" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(loop.mounts()).toHaveLength(1);
      expect(readFileSync(`${loop.mountPoint("data")}/longhorn-disk.cfg`, "utf8")).toBe("{}\n");
    },
  );

  test.each(["unmount", "zap", "wipefs", "wipe"])(
    "continues a wipe after the step %s, and wipes no other disk",
    (step) => {
      const [one, two] = ["A", "B"].map((serial) => loop.attach(serial));
      for (const device of [one, two]) run("mkfs.ext4", "-q", "-F", device ?? "");
      const before = loop.hash(two ?? "");
      const request = { disks: "data:A:1", wipe: "A@2026-11-21" };
      expect(loop.prepare(request, { stopAfter: step }).signal).toBe("SIGKILL");
      const { status, stderr } = loop.prepare(request);
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(loop.hash(two ?? "")).toBe(before);
    },
  );
});
