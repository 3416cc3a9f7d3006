import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { configureSettings } from "../../../components/k3s/k3sSteps.ts";
import { guestBundle, guestDirectory, guestScripts } from "../../../components/node/guestBundle.ts";
import { encodeFile, renderSettings, type Settings } from "../../../components/node/guestSettings.ts";
import type { Lab, Node } from "../../../config/lab.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { Container } from "../container.ts";
import type { CommandResult } from "../run.ts";
import { image, whyNoImage } from "../vm/image.ts";
import type { Release } from "../vm/mirror.ts";
import { kubernetes, whyNoKubernetes } from "./kubernetes.ts";

export const lab: Lab = readLab("homelab", readStackFile("test/reference.yaml"));
export const bootstrapServer = lab.servers[0] as Node;
export const worker = lab.agents[0] as Node;

/** Planted: no script may print them. */
const secrets = {
  token: "planted-token-0123456789",
  backupKeyId: "planted-key-id",
  backupKey: "planted-key",
};

/** The program's own configuration, except that the API address is the node itself. */
export const configure = (node: Node = bootstrapServer, more: Settings = {}): Settings => ({
  ...configureSettings(lab, node, secrets),
  API_URL: "https://127.0.0.1:6443",
  ...more,
});

/** The same settings, with the program's config.yaml changed. */
export function reconfigure(node: Node, change: (config: string) => string): Settings {
  const settings = configureSettings(lab, node, secrets);
  const config = Buffer.from(String(settings.CONFIG_B64), "base64").toString();
  return configure(node, { CONFIG_B64: encodeFile(change(config)) });
}

/** The settings with another token than the cluster's. */
export const withAnotherToken = () =>
  reconfigure(bootstrapServer, (config) => config.replace(secrets.token, "another"));

const readSibling = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8");

/** A program that reports that release of K3s; fakeK3s.py says what it is. */
export function release(version: string): { program: string; settings: Settings } {
  const program = readSibling("fakeK3s.py")
    .replaceAll("@VERSION@", version)
    .replaceAll("@FLAGS@", JSON.stringify(flagsOf(readSibling("recorded/flags.json"))));
  return {
    program,
    settings: {
      ROLE: "server",
      VERSION: version,
      BINARY_URL: `file:///srv/mirror/k3s-${version}`,
      SHA256: createHash("sha256").update(program).digest("hex"),
      RESERVED_PERCENT: 12,
      WAIT_SECONDS: 300,
    },
  };
}

/** The lists of recorded/flags.json without the note on how they were made. */
function flagsOf(text: string): Readonly<Record<string, readonly string[]>> {
  return (JSON.parse(text) as { names: Record<string, string[]> }).names;
}

/** For a host whose controllers are all of cgroup v1: mounts them for K3s, and allows cgroup v1 in its kubelet. */
const cgroupsV1 = `set -e
  kubelet=/var/lib/rancher/k3s/agent/etc/kubelet.conf.d
  mkdir -p /run/cgroups $kubelet /etc/systemd/system/k3s.service.d /etc/systemd/system/k3s-agent.service.d
  mount -t tmpfs tmpfs /run/cgroups
  awk '!/^#/ && $2 != 0 && $4 == 1 { print $1 }' /proc/cgroups | while read -r controller; do
    mkdir /run/cgroups/$controller
    mount -t cgroup -o $controller cgroup /run/cgroups/$controller
  done
  printf '[Service]\nBindPaths=/run/cgroups:/sys/fs/cgroup\n' | tee /etc/systemd/system/k3s.service.d/cgroups.conf > /etc/systemd/system/k3s-agent.service.d/cgroups.conf
  printf 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailCgroupV1: false\n' > $kubelet/99-container.conf`;

/** Why no member can run on this machine, or undefined. */
export const whyNoMember = (debian: Release = "trixie") => whyNoImage(debian) ?? whyNoKubernetes();

/**
 * A node in a container, with the guest scripts on it and a fake K3s, assembled from the real etcd, API server and kubectl:
 * fakeK3s.py says what is missing (kubelet, containerd, joining).
 */
export class Member {
  readonly #container: Container;

  private constructor(container: Container) {
    this.#container = container;
  }

  /** `binds` are more folders of this machine, mounted read-only. */
  static async start(
    hostname: string,
    debian: Release = "trixie",
    binds: Readonly<Record<string, string>> = {},
  ): Promise<Member> {
    const { tree } = await image(debian);
    const member = new Member(
      await Container.start(tree, hostname, { "/opt/kubernetes": await kubernetes(), ...binds }),
    );
    await member.run("bash -s", guestBundle(guestScripts()));
    return member;
  }

  /**
   * The same with the real K3s, whose binary is in `folder`, mounted as /srv/mirror, and with what K3s needs of a machine
   * and a container on this kernel lacks. Its address is that of the lab's node `of`.
   */
  static async real(of: Node, folder: string): Promise<Member> {
    const { tree } = await image("trixie");
    const member = new Member(await Container.start(tree, of.name, { "/srv/mirror": folder }));
    await member.run(`set -e
      # containerd's snapshots are overlays, which are not possible on the container's own overlay.
      for path in /var/lib/rancher /var/lib/kubelet; do mkdir -p $path; mount -t tmpfs -o size=4g tmpfs $path; done
      mknod /dev/kmsg c 1 11
      ip link add eth0 type veth peer name far0
      ip link set far0 up
      ip address add ${of.address}/24 dev eth0
      ip link set eth0 up
      ip route add default dev eth0
      # Kernel settings are read-only here: the kubelet reads the values that prepare-node.sh would set.
      for setting in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
        file=/run/sysctl-$(basename \${setting%=*})
        echo \${setting#*=} > $file
        mount --bind $file /proc/sys/\${setting%=*}
      done`);
    const controllers = (await member.run("cat /sys/fs/cgroup/cgroup.controllers")).split(" ");
    if (!controllers.includes("memory")) await member.run(cgroupsV1);
    await member.run("bash -s", guestBundle(guestScripts()));
    return member;
  }

  stop(): Promise<void> {
    return this.#container.stop();
  }

  /** Runs a command line as root that must succeed; returns its output. */
  run(line: string, input = ""): Promise<string> {
    return this.#container.run(line, input);
  }

  /** Writes a release where the node downloads it from a file, as from a mirror; returns the settings that install it. */
  async publish(version: string): Promise<Settings> {
    const { program, settings } = release(version);
    await this.run(`mkdir -p /srv/mirror && cat > /srv/mirror/k3s-${version}`, program);
    return settings;
  }

  /** Runs a guest script, and returns its result. */
  async script(file: string, settings: Settings): Promise<CommandResult> {
    const ended = await this.#container.attempt(`${guestDirectory}/${file}`, {
      seconds: 600,
      input: renderSettings(settings),
    });
    // No script ever prints a secret (C5).
    for (const [name, secret] of Object.entries(secrets))
      assert(!`${ended.stdout}${ended.stderr}`.includes(secret), `${file} shows the secret ${name}`);
    return ended;
  }

  /** Runs a script that must succeed; returns the lines of the steps that changed something. */
  async changesOf(file: string, settings: Settings): Promise<string[]> {
    const { status, stdout, stderr } = await this.script(file, settings);
    // The logs of systemd and K3s, which are lost with the container.
    const why = status === 0 ? "" : await this.run("journalctl --no-pager --lines 40 || true");
    assert.equal(status, 0, `${file}\n${stdout}${stderr}${why}`);
    return stdout
      .split("\n")
      .filter((line) => line !== "" && !line.includes(": unchanged: "))
      .map((line) => line.replace(/^[a-z0-9-]+: /, ""));
  }

  /** Runs a script that must refuse with these words and a fix, and change nothing. */
  async refuses(file: string, settings: Settings, ...words: string[]): Promise<void> {
    const before = await this.#state();
    const { status, stderr } = await this.script(file, settings);
    assert.equal(status, 1, `${file} should have refused\n${stderr}`);
    for (const word of [...words, "REFUSED", "fix: "])
      assert(stderr.includes(word), `${file} should have printed '${word}', and printed\n${stderr}`);
    assert.equal(await this.#state(), before, `${file} refused, and changed files`);
  }

  /** The files of K3s and of the scripts on a node, with their hashes. */
  #state(): Promise<string> {
    return this.run(
      "find /etc/rancher /etc/homelab /etc/systemd/system /usr/local/bin /var/lib/elasticsearch /mnt -type f -exec sha256sum {} + 2>/dev/null | sort; systemctl show k3s -P MainPID; systemctl show k3s-agent -P MainPID",
    );
  }

  version(): Promise<string> {
    return this.run("/usr/local/bin/k3s --version | head -n 1");
  }

  /** The process ID of a service, or 0. */
  pid(unit = "k3s"): Promise<string> {
    return this.run(`systemctl show ${unit} -P MainPID`);
  }
}
