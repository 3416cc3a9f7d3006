import assert from "node:assert/strict";
import { guestBundle, guestDirectory, guestScripts } from "../../../components/node/guestBundle.ts";
import { encodeFile, renderSettings, type Settings } from "../../../components/node/guestSettings.ts";
import type { Node } from "../../../config/lab.ts";
import { configure, release } from "../k3s/member.ts";
import type { CommandResult } from "../run.ts";
import { image } from "./image.ts";
import { Machine, user } from "./machine.ts";
import type { Release } from "./mirror.ts";

/** Serials of the data disks of every machine. */
const serials = ["lh-120191-1", "lh-120191-2"];
const version = "v1.36.2+k3s1";

/** A virtual machine as one of the lab's agents: it runs all scripts of an agent, in their order. */
export class VirtualNode {
  readonly machine: Machine;
  readonly #node: Node;

  private constructor(machine: Machine, node: Node) {
    this.machine = machine;
    this.#node = node;
  }

  /** Starts a machine, waits for its first boot, and copies the files that {@link prepare} needs. */
  static async start(system: Release, node: Node, cpu: "max" | "qemu64"): Promise<VirtualNode> {
    const machine = await Machine.start(await image(system), {
      hostname: node.name,
      cpu,
      // A second CPU would only slow it down: the test machine has two CPUs for everything.
      cpus: 1,
      memoryMiB: 1536,
      disks: serials.map((serial) => ({ serial, sizeGiB: 20 })),
    });
    const started = new VirtualNode(machine, node);
    try {
      await started.#boot();
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** Waits for the first boot, copies the scripts and a K3s to download, and starts a server at the API address. */
  async #boot(): Promise<void> {
    await this.machine.ready(1200);
    await this.command("sudo bash -s", guestBundle(guestScripts()));
    await this.command(
      `sudo mkdir -p /srv/mirror && sudo tee /srv/mirror/k3s-${version} > /dev/null`,
      release(version).program,
    );
    await this.command(
      "sudo systemd-run --quiet --unit api python3 -m http.server 6443 --bind 127.0.0.1 --directory /srv/mirror",
    );
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }

  /** Runs a guest script as the program does. A script that does not end is reported with the console. */
  async script(file: string, settings: Settings): Promise<CommandResult> {
    try {
      const input = renderSettings(settings);
      return await this.machine.ssh(`sudo ${guestDirectory}/${file}`, { seconds: 1200, input });
    } catch (error) {
      throw new Error(`${file}: ${error}\n${this.machine.console()}`);
    }
  }

  /** Runs a command line that must succeed; returns its output. */
  async command(line: string, input = ""): Promise<string> {
    const { status, stdout, stderr } = await this.machine.ssh(line, { seconds: 600, input });
    // 255 is ssh's own status: the machine does not answer, and its console may show the reason.
    assert.equal(status, 0, `${line}: ${stdout}${stderr}${status === 255 ? this.machine.console() : ""}`);
    return stdout.trim();
  }

  prepareNode(keys: readonly string[] = [this.machine.publicKey]): Settings {
    return {
      NODE_NAME: this.#node.name,
      USER_NAME: user,
      AUTHORIZED_KEYS_B64: encodeFile(keys.map((key) => `${key}\n`).join("")),
      VIRTUAL: "yes",
      JOURNAL_MAX: "1G",
    };
  }

  verifyCpu(): Settings {
    return {
      REQUIRED_FLAGS: "avx avx2",
      EXPECTED_TYPE: "host",
      CONFIG_PATH: `lab:nodes.${this.#node.name}`,
    };
  }

  /**
   * Runs every step that changes an agent, as `pulumi up` does; returns the lines other than `unchanged`. Its K3s is that
   * of {@link release}.
   */
  async prepare(): Promise<string[]> {
    const steps: readonly (readonly [string, Settings])[] = [
      ["prepare-node.sh", this.prepareNode()],
      ["prepare-disks.sh", { DISKS: serials.map((serial, index) => `data${index + 1}:${serial}:20`) }],
      ["configure-k3s.sh", configure(this.#node, { API_URL: "http://127.0.0.1:6443" })],
      ["install-k3s.sh", { ...release(version).settings, ROLE: "agent" }],
    ];
    const lines: string[] = [];
    for (const [file, settings] of steps) {
      const { status, stdout, stderr } = await this.script(file, settings);
      assert.equal(status, 0, `${file}\n${stdout}${stderr}`);
      lines.push(...changes(stdout), ...changes(stderr));
    }
    return lines;
  }

  /** Only keys of the user data allow a login: the host has the given host key, and no account has a password. */
  async hasNoPasswords(): Promise<void> {
    assert.equal(await this.command("ls /etc/ssh/ssh_host_*_key"), "/etc/ssh/ssh_host_ed25519_key");
    assert.equal(await this.command(`sudo awk -F: '$2 !~ /^[!*]/ { print $1 }' /etc/shadow`), "");
  }

  /** Verifies the state of a prepared machine, as reported by the system instead of the files that the scripts wrote. */
  async isPrepared(): Promise<void> {
    const answers = await this.command(
      `sudo bash -c ${quote(
        Object.values(facts)
          .map(([question]) => `{ ${question}; } 2>&1; echo; echo ---`)
          .join("\n"),
      )}`,
    );
    const found = answers.split("\n---").map((answer) => answer.trim());
    for (const [index, [what, [, expected]]] of Object.entries(facts).entries())
      if (typeof expected === "string")
        assert.equal(found[index], expected.replaceAll("NAME", this.#node.name), what);
      else assert.match(found[index] ?? "", expected, what);
  }
}

/** The lines of a script's output other than `unchanged`. */
export function changes(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line !== "" && !/^[a-z0-9-]+: unchanged: /.test(line));
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const diskFacts = serials.map((serial, index): [string, [string, string]] => [
  `the disk ${serial}`,
  [
    `cd /mnt/longhorn/data${index + 1} && device=$(findmnt -no SOURCE .) && lsblk -dno SERIAL /dev/$(lsblk -no PKNAME $device); findmnt -no FSTYPE .; cat longhorn-disk.cfg`,
    `${serial}\next4\n{}`,
  ],
]);

/** Facts to verify, by description: a command line, and its expected output. */
const facts: Readonly<Record<string, readonly [string, string | RegExp]>> = {
  "host name": ["hostname; getent ahostsv4 $(hostname) | head -n 1 | cut -d' ' -f1", "NAME\n127.0.1.1"],
  "services that run": [
    "systemctl is-active iscsid qemu-guest-agent systemd-timesyncd multipathd k3s-agent",
    "active\nactive\nactive\nactive\nactive",
  ],
  "services that start at boot": [
    "systemctl is-enabled iscsid.service k3s-agent.service",
    "enabled\nenabled",
  ],
  "iSCSI initiator": ["sed -n 's/^InitiatorName=//p' /etc/iscsi/initiatorname.iscsi", /^iqn\..+:.+/],
  "multipath ignores Longhorn's devices (longhorn#1210)": [
    "multipathd show config local",
    /devnode "\^sd\[a-z0-9\]\+"/,
  ],
  "kernel modules": [
    "for module in br_netfilter dm_crypt iscsi_tcp nfs overlay; do test -d /sys/module/$module || echo $module is missing; done",
    "",
  ],
  "kernel settings": [
    "sysctl -n vm.max_map_count vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops",
    "262144\n1\n0\n10\n1",
  ],
  swap: ["tail -n +2 /proc/swaps", ""],
  "what sshd allows": [
    "sshd -T | grep -E '^(passwordauthentication|permitrootlogin) ' | sort",
    "passwordauthentication no\npermitrootlogin no",
  ],
  // The maximum that journald itself reports: the limit is 1 GiB.
  "the journal's limit": [
    "journalctl --boot --unit systemd-journald | grep -o 'System Journal.*' | tail -n 1",
    /max 1(\.0)?G,/,
  ],
  "labels of the node (K6)": [
    "grep -c node.longhorn.io/create-default-disk=config /etc/rancher/k3s/config.yaml",
    "1",
  ],
  ...Object.fromEntries(diskFacts),
};
