import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a command. @throws Error if it fails */
export function run(command: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${command} is missing: install the packages of .ci/packages.txt`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** Hashes a sparse file by its mebibytes that are not all zero. Node cannot skip holes, and would read for seconds. */
const digest = `
import hashlib, os, sys
chunk = 1 << 20
file = os.open(sys.argv[1], os.O_RDONLY)
digest, at = hashlib.sha256(), 0
while True:
    try:
        at = os.lseek(file, at, os.SEEK_DATA) // chunk * chunk
    except OSError:
        break
    data = os.pread(file, chunk, at)
    if data.strip(b"\\0"):
        digest.update(b"%d:" % at + data)
    at += chunk
print(digest.hexdigest())
`;

/** Disks as loop devices over sparse files, with a root folder that replaces /etc and /mnt. */
export class LoopDevices {
  readonly root = mkdtempSync(join(tmpdir(), "disks-"));
  readonly #devices = new Map<string, { device: string; file: string }>();
  #table = "";

  constructor() {
    mkdirSync(join(this.root, "etc"));
    writeFileSync(this.fstab, "# a line of the operating system\nUUID=0000 / ext4 defaults 0 1\n");
  }

  get fstab(): string {
    return join(this.root, "etc/fstab");
  }

  /** Attaches a blank disk; several may have the same serial. Returns its device. */
  attach(serial: string, gib = 2): string {
    const file = join(this.root, `${serial}-${this.#devices.size}.img`);
    closeSync(openSync(file, "w"));
    truncateSync(file, gib * 1024 ** 3);
    const device = run("losetup", "--find", "--show", "--partscan", file);
    this.#devices.set(`${serial}-${this.#devices.size}`, { device, file });
    this.#table += `${device} ${serial}\n`;
    return device;
  }

  /** A hash of the device's content, without the holes of its sparse file. */
  hash(device: string): string {
    const file = [...this.#devices.values()].find((entry) => entry.device === device)?.file ?? "";
    // Flushes this device only, not the other disks of this machine.
    run("sync", device);
    run("blockdev", "--flushbufs", device);
    return run("python3", "-c", digest, file);
  }

  /**
   * Runs prepare-disks.sh on these disks. `stopAfter` kills it after that step, like a power failure; `without` hides a
   * program of this machine.
   */
  prepare(
    settings: { disks?: string; adopt?: string; wipe?: string },
    { stopAfter, without }: { stopAfter?: string; without?: string } = {},
  ) {
    const table = join(this.root, "table");
    writeFileSync(table, this.#table);
    // Hidden by an overlay on its folder, in a mount namespace. Otherwise without a namespace, because mounts must remain.
    const hide = `path=$(command -v ${without}) && mkdir -p "$0/over" "$0/work" &&
      mount -t overlay overlay -o "lowerdir=\${path%/*},upperdir=$0/over,workdir=$0/work" "\${path%/*}" && rm "$path"`;
    const [command, args] =
      without === undefined
        ? ["guest/prepare-disks.sh", []]
        : ["unshare", ["--mount", "sh", "-c", `${hide} && exec guest/prepare-disks.sh`, this.root]];
    const { status, signal, stdout, stderr } = spawnSync(command as string, args as string[], {
      input: `DISKS=${settings.disks ?? ""}\nADOPT=${settings.adopt ?? ""}\nWIPE=${settings.wipe ?? ""}\n`,
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        LAB_ROOT: this.root,
        LAB_DISK_TABLE: table,
        ...(stopAfter === undefined ? {} : { LAB_STOP_AFTER: stopAfter }),
      },
    });
    return { status, signal, stdout, stderr };
  }

  mountPoint(name: string): string {
    return join(this.root, "mnt/longhorn", name);
  }

  /** The lines of fstab for Longhorn's disks. */
  mounts(): string[] {
    return readFileSync(this.fstab, "utf8")
      .split("\n")
      .filter((line) => line.includes("/mnt/longhorn/"));
  }

  dispose(): void {
    const points = run("sh", "-c", `grep -o '${this.root}/mnt/[^ ]*' /proc/mounts || true`)
      .split("\n")
      .filter(Boolean);
    for (const point of points) spawnSync("umount", ["--lazy", point]);
    spawnSync("chattr", ["-R", "-i", join(this.root, "mnt")]);
    for (const { device } of this.#devices.values()) spawnSync("losetup", ["--detach", device]);
    if (existsSync(this.root)) rmSync(this.root, { recursive: true, force: true });
  }
}
