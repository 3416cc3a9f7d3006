import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { userData } from "../../../components/proxmox/cloudInit.ts";
import { freePort } from "../port.ts";
import { attempt, type CommandResult, run, tail } from "../run.ts";
import type { Image } from "./image.ts";

/** The specification of a machine. */
export interface MachineSpec {
  readonly hostname: string;
  /** QEMU's CPU model: `max` has AVX and AVX2, `qemu64` has neither. */
  readonly cpu: "max" | "qemu64";
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Data disks on virtio-scsi, as Proxmox attaches them. */
  readonly disks: readonly { readonly serial: string; readonly sizeGiB: number }[];
}

/** The account that cloud-init creates. */
export const user = "lab";

/** Addresses inside QEMU's user-mode network, which exists only in its process and is isolated from other networks. */
const address = "10.0.2.15";
const mac = "52:54:00:14:51:91";

/** A virtual machine in software emulation, reached over SSH on the loopback interface. */
export class Machine {
  readonly #folder: string;
  readonly #port: number;
  readonly #qemu: ChildProcess;
  readonly #ssh: readonly string[];
  /** The public key that may log in. */
  readonly publicKey: string;

  private constructor(folder: string, port: number, publicKey: string, qemu: ChildProcess) {
    this.#folder = folder;
    this.#port = port;
    this.#qemu = qemu;
    this.publicKey = publicKey;
    this.#ssh = [
      ["-o", `UserKnownHostsFile=${join(folder, "known_hosts")}`],
      // The host must present the key of its user data; unknown keys are never accepted (C5).
      ["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"],
      // A connection without an answer for three minutes is closed, however long the command may take.
      ["-o", "ServerAliveInterval=30", "-o", "ServerAliveCountMax=6"],
      ["-o", "IdentitiesOnly=yes", "-o", "GlobalKnownHostsFile=/dev/null", "-F", "/dev/null"],
    ].flat();
  }

  /** Starts a machine on an overlay of the image; it boots while this returns. @see ready */
  static async start(image: Image, spec: MachineSpec): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), "homelab-vm-"));
    try {
      const [login, host] = [await makeKey(folder, "login"), await makeKey(folder, "host")];
      const port = await freePort();
      writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${host}\n`);
      await seed(folder, spec, login, host);
      const overlay = join(folder, "root.qcow2");
      await run("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, overlay], {
        seconds: 30,
      });
      for (const { serial, sizeGiB } of spec.disks)
        await run("truncate", ["--size", `${sizeGiB}G`, join(folder, serial)], { seconds: 10 });
      // Ends with this process, also if it is killed.
      const qemu = spawn(
        "setpriv",
        ["--pdeathsig", "KILL", "qemu-system-x86_64", ...qemuArguments(image, spec, folder, port)],
        { stdio: ["ignore", "ignore", "pipe"] },
      );
      qemu.stderr?.on("data", (data: Buffer) => writeFileSync(join(folder, "qemu.log"), data, { flag: "a" }));
      return new Machine(folder, port, login, qemu);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Waits until SSH answers and cloud-init is done. @throws Error with the end of the console */
  async ready(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let last = "";
    while (Date.now() < deadline) {
      if (this.#qemu.exitCode !== null || this.#qemu.signalCode !== null)
        throw new Error(`QEMU ended\n${this.console()}`);
      // cloud-init restarts sshd while it runs: a connection may fail after one that succeeded.
      const { status, stdout, stderr } = await this.ssh("cloud-init status --wait", {
        seconds,
        connect: 10,
      }).catch((error: Error) => ({ status: 255, stdout: "", stderr: error.message }));
      // 2: done, with warnings.
      if (status === 0 || status === 2) return;
      if (status !== 255) throw new Error(`cloud-init failed: ${stdout}${stderr}\n${this.console()}`);
      last = stderr;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error(`no SSH within ${seconds} s: ${last}\n${this.console()}`);
  }

  /** Runs a command line as the machine's user, with the SSH key of that name and a connection timeout of `connect` seconds. */
  ssh(
    line: string,
    {
      seconds,
      input = "",
      key = "login",
      connect = 120,
    }: { seconds: number; input?: string | Buffer; key?: string; connect?: number },
  ): Promise<CommandResult> {
    const target = [
      "-o",
      `ConnectTimeout=${connect}`,
      "-i",
      join(this.#folder, key),
      "-p",
      String(this.#port),
      `${user}@127.0.0.1`,
    ];
    return attempt("ssh", [...this.#ssh, ...target, line], { seconds, input });
  }

  /** Creates another key pair. */
  async makeKey(): Promise<{ name: string; publicKey: string }> {
    return { name: "other", publicKey: await makeKey(this.#folder, "other") };
  }

  /** Restarts the operating system, and waits until it answers again. */
  async reboot(seconds: number): Promise<void> {
    const bootId = async (connect: number) => {
      const { status, stdout, stderr } = await this.ssh("cat /proc/sys/kernel/random/boot_id", {
        seconds: 300,
        connect,
      });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };
    const before = await bootId(300);
    await this.ssh("sudo systemctl reboot", { seconds: 300 });
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const now = await bootId(10).catch(() => undefined);
      if (now !== undefined && now !== before) {
        // SSH answers before the last mounts and services are ready. The exit status is non-zero for "degraded".
        await this.ssh("systemctl is-system-running --wait", { seconds });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error(`the machine did not restart within ${seconds} s\n${this.console()}`);
  }

  /** The end of the machine's serial console, and of QEMU's output. */
  console(): string {
    const read = (name: string) => {
      try {
        return tail(readFileSync(join(this.#folder, name), "utf8"), 30);
      } catch {
        return "";
      }
    };
    return `--- console\n${read("console.log")}\n--- qemu\n${read("qemu.log")}`;
  }

  /** Stops the machine and deletes its files. */
  async stop(): Promise<void> {
    if (this.#qemu.exitCode === null && this.#qemu.signalCode === null) {
      const ended = new Promise((resolve) => this.#qemu.once("exit", resolve));
      this.#qemu.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Creates a key pair; its private half stays in the folder. Returns the public half. */
async function makeKey(folder: string, name: string): Promise<string> {
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(folder, name)], {
    seconds: 10,
  });
  return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
}

/** The NoCloud disk: the program's own user data, and a static address in the form that Proxmox writes. */
async function seed(folder: string, spec: MachineSpec, login: string, host: string): Promise<void> {
  const files = {
    "meta-data": stringify({ "instance-id": spec.hostname }),
    "user-data": userData({
      hostname: spec.hostname,
      user,
      authorizedKeys: [login],
      hostPrivateKey: readFileSync(join(folder, "host"), "utf8"),
      hostPublicKey: host,
    }),
    "network-config": stringify({
      version: 1,
      config: [
        {
          type: "physical",
          name: "eth0",
          mac_address: mac,
          subnets: [{ type: "static", address, netmask: "255.255.255.0", gateway: "10.0.2.2" }],
        },
      ],
    }),
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  await run(
    "xorrisofs",
    [
      ["-quiet", "-output", join(folder, "seed.iso"), "-volid", "CIDATA", "-joliet", "-rational-rock"],
      Object.keys(files).map((name) => join(folder, name)),
    ].flat(),
    { seconds: 30 },
  );
}

function qemuArguments(image: Image, spec: MachineSpec, folder: string, port: number): string[] {
  const drive = (id: string, file: string, format: string, more = "") => [
    "-drive",
    `if=none,id=${id},file=${join(folder, file)},format=${format},cache=unsafe${more}`,
  ];
  return [
    ["-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35,accel=tcg"],
    ["-cpu", spec.cpu, "-smp", String(spec.cpus), "-m", String(spec.memoryMiB)],
    ["-serial", `file:${join(folder, "console.log")}`],
    ["-kernel", image.kernel, "-initrd", image.initrd],
    // Mitigations are slow in emulation, and no attacker exists here.
    ["-append", "root=LABEL=homelab-root rw console=ttyS0 quiet systemd.show_status=1 mitigations=off"],
    ["-device", "virtio-rng-pci", "-device", "virtio-scsi-pci,id=scsi0", "-device", "virtio-serial-pci"],
    [...drive("root", "root.qcow2", "qcow2"), "-device", "scsi-hd,bus=scsi0.0,drive=root"],
    [...drive("seed", "seed.iso", "raw", ",readonly=on"), "-device", "scsi-cd,bus=scsi0.0,drive=seed"],
    spec.disks.flatMap(({ serial }, index) => [
      ...drive(`data${index}`, serial, "raw"),
      ...["-device", `scsi-hd,bus=scsi0.0,drive=data${index},serial=${serial}`],
    ]),
    // The guest agent's channel, without which the agent does not start.
    ["-chardev", `socket,id=agent,path=${join(folder, "agent")},server=on,wait=off`],
    ["-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"],
    // Isolated: the only traffic of the machine is on the one forwarded port.
    ["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-${address}:22`],
    ["-device", `virtio-net-pci,netdev=net,mac=${mac}`],
  ].flat();
}
