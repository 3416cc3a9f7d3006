import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { attempt, type CommandResult, tail } from "./run.ts";

/**
 * A Debian with its own systemd in its own namespaces: a node at full speed, for tests that need services and no kernel.
 * Its network has the loopback interface only; kernel settings and the machine's devices are not writable.
 */
export class Container {
  readonly #folder: string;
  readonly #unshare: ChildProcess;
  readonly #init: number;

  private constructor(folder: string, unshare: ChildProcess, init: number) {
    this.#folder = folder;
    this.#unshare = unshare;
    this.#init = init;
  }

  /** Starts on a read-only tree; `binds` are folders of this machine, mounted read-only. */
  static async start(
    tree: string,
    hostname: string,
    binds: Readonly<Record<string, string>> = {},
  ): Promise<Container> {
    const folder = mkdtempSync(join(tmpdir(), "homelab-container-"));
    const root = join(folder, "root");
    const written = join(folder, "written");
    for (const name of [root, join(folder, "work"), written]) mkdirSync(name);
    const put = (path: string, content: string) => {
      mkdirSync(dirname(join(written, path)), { recursive: true });
      writeFileSync(join(written, path), content);
    };
    put("etc/fstab", "");
    put("etc/hostname", `${hostname}\n`);
    put("etc/hosts", `127.0.0.1 localhost ${hostname}\n`);
    put("etc/cloud/cloud-init.disabled", "");
    mkdirSync(join(written, "etc/systemd/system"), { recursive: true });
    for (const unit of [
      "multipathd",
      "systemd-networkd-wait-online",
      "systemd-networkd",
      "rpcbind",
      "ssh",
      "apt-daily",
    ])
      symlinkSync("/dev/null", join(written, `etc/systemd/system/${unit}.service`));
    const console = openSync(join(folder, "console.log"), "w");
    // The mounts are made inside the namespace, and end with it.
    const unshare = spawn(
      "setpriv",
      [
        ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"],
        ["--fork", "--kill-child", "bash", "-euc", enter, "enter", folder, tree, hostname],
        Object.entries(binds).flat(),
      ].flat(),
      { stdio: ["ignore", console, console] },
    );
    const init = await waitFor(120, "the container's first process", () => {
      const children = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8").trim();
      return children === "" ? undefined : Number(children);
    });
    const container = new Container(folder, unshare, init);
    try {
      await waitFor(300, "systemd", async () => {
        // On a busy machine a probe may exceed its time limit: systemd is not ready yet.
        const { stdout } = await container
          .attempt("systemctl is-system-running", { seconds: 30 })
          .catch(() => ({ stdout: "" }));
        return /^(running|degraded)$/m.test(stdout) ? true : undefined;
      });
    } catch (error) {
      const log = tail(readFileSync(join(folder, "console.log"), "utf8"));
      await container.stop();
      throw new Error(`${error}\n${log}`);
    }
    return container;
  }

  /** Runs a command line as root, and returns its result. */
  attempt(
    line: string,
    { seconds, input = "" }: { seconds: number; input?: string },
  ): Promise<CommandResult> {
    return attempt(
      "nsenter",
      [
        ["--target", String(this.#init), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root"],
        [
          "env",
          "-i",
          "HOME=/root",
          "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "bash",
          "-c",
          `cd /; ${line}`,
        ],
      ].flat(),
      { seconds, input },
    );
  }

  /** Like {@link attempt}, for a command that must succeed; returns its output. */
  async run(line: string, input = ""): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(line, { seconds: 600, input });
    if (status !== 0) throw new Error(`${line} ended with ${status}\n${tail(`${stdout}${stderr}`)}`);
    return stdout.trim();
  }

  async stop(): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) {
      const ended = new Promise((resolve) => this.#unshare.once("exit", resolve));
      this.#unshare.kill("SIGKILL");
      await ended;
    }
    // Its processes exit a moment later, and keep its files open until then.
    await waitFor(120, "the container's end", async () => {
      try {
        rmSync(this.#folder, { recursive: true, force: true });
        return true;
      } catch {
        return undefined;
      }
    });
  }
}

/** Creates the container's root, and executes its systemd. Arguments: folder, tree, host name, binds as pairs. */
const enter = `
folder=$1 tree=$2 name=$3 root=$1/root
shift 3
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$folder/written,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/\${node%:*}" c 1 "\${node#*:}"; done
mknod -m 666 "$root/dev/tty" c 5 0
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm" "$root/dev/pts"
for path in run tmp dev/shm; do mount -t tmpfs tmpfs "$root/$path"; done
while [ $# -gt 0 ]; do
  mkdir -p "$root/$1"
  mount --bind "$2" "$root/$1"
  mount -o remount,bind,ro "$root/$1"
  shift 2
done
hostname "$name"
ip link set lo up
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l .old
exec env -i container=homelab PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --log-target=journal --show-status=0
`;

/** Waits until a probe returns a value. @throws Error that names what it waited for */
async function waitFor<T>(
  seconds: number,
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
