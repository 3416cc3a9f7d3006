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

/** Runs a command that must succeed. */
export function must(command: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${command} is missing: install the packages of .ci/packages.txt`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** Hashes what a sparse file holds, by mebibytes that are not all zero. Node cannot skip holes, and reads for seconds. */
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

/** A machine's disks as loop devices over sparse files, with a root folder of its own for /etc and /mnt. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), "disks-"));
  readonly #devices = new Map<string, { device: string; file: string }>();
  #table = "";

  constructor() {
    mkdirSync(join(this.root, "etc"));
    writeFileSync(this.fstab, "# a line of the system\nUUID=0000 / ext4 defaults 0 1\n");
  }

  get fstab(): string {
    return join(this.root, "etc/fstab");
  }

  /** Attaches a blank disk; a second one may claim the same serial. Answers its device. */
  attach(serial: string, gib = 2): string {
    const file = join(this.root, `${serial}-${this.#devices.size}.img`);
    closeSync(openSync(file, "w"));
    truncateSync(file, gib * 1024 ** 3);
    const device = must("losetup", "--find", "--show", "--partscan", file);
    this.#devices.set(`${serial}-${this.#devices.size}`, { device, file });
    this.#table += `${device} ${serial}\n`;
    return device;
  }

  /** The content of a device, without the holes of its sparse file. */
  hash(device: string): string {
    const file = [...this.#devices.values()].find((entry) => entry.device === device)?.file ?? "";
    // Into the file; all other disks of this machine are nothing to it.
    must("sync", device);
    must("blockdev", "--flushbufs", device);
    return must("python3", "-c", digest, file);
  }

  /**
   * Runs prepare-disks.sh on these disks. `stopAfter` kills it after that step, as a power cut would; `without` is a
   * program that this machine then does not have.
   */
  prepare(
    settings: { disks?: string; adopt?: string; wipe?: string },
    { stopAfter, without }: { stopAfter?: string; without?: string } = {},
  ) {
    const table = join(this.root, "table");
    writeFileSync(table, this.#table);
    // In a layer over its folder, in a namespace of its own; otherwise in none, since what is mounted has to stay.
    const hide = `place=$(command -v ${without}) && mkdir -p "$0/over" "$0/work" &&
      mount -t overlay overlay -o "lowerdir=\${place%/*},upperdir=$0/over,workdir=$0/work" "\${place%/*}" && rm "$place"`;
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

  /** The part of fstab that is Longhorn's. */
  mounts(): string[] {
    return readFileSync(this.fstab, "utf8")
      .split("\n")
      .filter((line) => line.includes("/mnt/longhorn/"));
  }

  dispose(): void {
    const points = must("sh", "-c", `grep -o '${this.root}/mnt/[^ ]*' /proc/mounts || true`)
      .split("\n")
      .filter(Boolean);
    for (const point of points) spawnSync("umount", ["--lazy", point]);
    spawnSync("chattr", ["-R", "-i", join(this.root, "mnt")]);
    for (const { device } of this.#devices.values()) spawnSync("losetup", ["--detach", device]);
    if (existsSync(this.root)) rmSync(this.root, { recursive: true, force: true });
  }
}
