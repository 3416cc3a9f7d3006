import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type ProviderName, pluginOnPath, pluginVersion, sdkVersion } from "../components/providerPlugins.ts";
import type { TrialResult } from "./proxmox/trial.ts";

const simulator = resolve("../shared/pve/server.mjs");
const plugins: readonly ProviderName[] = ["proxmoxve", "tls"];

/** Parts that the trial needs and this machine lacks: the simulator, the real plugins, or a network namespace. */
function missingParts(): string[] {
  const tools = ["unshare", "ip", "ssh-keygen", "openssl"].filter((tool) => {
    try {
      execFileSync("sh", ["-c", `command -v ${tool}`]);
      return false;
    } catch {
      return true;
    }
  });
  return [
    ...(existsSync(simulator)
      ? []
      : ["../shared/pve/server.mjs, a simulator of the Proxmox API that is not published"]),
    ...plugins
      .filter((name) => pluginOnPath(name) === undefined)
      .map((name) => `the plugin pulumi-resource-${name} on PATH`),
    ...(process.getuid?.() === 0 ? [] : ["root, for a network namespace"]),
    ...(existsSync("/usr/sbin/sshd") ? [] : ["/usr/sbin/sshd"]),
    ...tools,
  ];
}

/** Runs the trial in its own network namespace, in which the lab's host address is local. */
async function runTrial(address: string): Promise<TrialResult> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-trial-"));
  const file = join(folder, "result.json");
  try {
    const enter = `ip link set lo up && ip address add ${address}/32 dev lo && exec "$@"`;
    const child = spawn(
      "unshare",
      [
        ...["--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"],
        ...["sh", "-c", enter, "trial", process.execPath],
        ...["rehearsal/proxmox/trial.ts", simulator, file],
      ],
      { stdio: ["ignore", "pipe", "pipe"], timeout: 800_000 },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => {
        output += part.toString();
      });
    const status = await new Promise<number | null>((ended) => child.once("close", ended));
    if (status !== 0) throw new Error(`the trial ended with status ${status}:\n${output.slice(-6000)}`);
    return JSON.parse(readFileSync(file, "utf8")) as TrialResult;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const missing = missingParts();
if (missing.length > 0)
  console.log(`skipped: Proxmox on the real plugin: this machine lacks ${missing.join(", ")}`);

describe.skipIf(missing.length > 0)("the Proxmox layer on the real plugin with the documented role", () => {
  let result: TrialResult;
  beforeAll(async () => {
    result = await runTrial("10.1.0.5");
  });

  test("uses the plugin version of the SDK", async () => {
    for (const name of plugins) expect(await pluginVersion(pluginOnPath(name) ?? "")).toBe(sdkVersion(name));
  });

  test("is refused no API call for a missing privilege, from the first up to destroy", () => {
    for (const [name, { forbidden }] of Object.entries(result.steps)) expect(forbidden, name).toEqual([]);
  });

  test("creates image, snippets and machines in the first up", () =>
    expect(result.steps.up?.changes).toMatchObject({ create: 9 }));

  test.each(["up again", "refresh", "up after the refresh", "up while it waits"])(
    "%s changes nothing",
    (name) => {
      expect(Object.keys(result.steps[name]?.changes ?? {})).toEqual(["same"]);
      expect(result.steps[name]?.writes).toBe(0);
    },
  );

  test("would update every machine each time without the ignored paths (pulumi-proxmoxve#664)", () =>
    expect(result.withoutIgnored).toMatchObject({ update: 4 }));

  test("writes snippets that only their owner can read", () =>
    expect(result.snippetModes).toEqual(["600", "600", "600", "600"]));

  test("finds the pinned host key in known_hosts, and records no other", () =>
    expect(result.knownHosts).toBe(`10.1.0.5 ${result.pinned.split(" ").slice(0, 2).join(" ")}\n`));

  test("reports that more memory changes one machine and takes effect after a power cycle", () => {
    expect(result.steps["more memory"]?.changes).toMatchObject({ update: 1 });
    expect(result.steps["more memory"]?.warnings.join("\n")).toContain(
      "four keeps running as it was: memory.dedicated 16384 → 18432 takes effect when the machine is stopped and started",
    );
    const { changed, restarted } = result.worker;
    expect([changed.status, changed.running?.memory, changed.pending.memory]).toEqual([
      "running",
      "16384",
      "18432",
    ]);
    expect([restarted.running?.memory, restarted.pending]).toEqual(["18432", {}]);
  });

  test("enlarges a disk of a running machine, and rejects a larger disk together with more memory", () => {
    expect(result.together).toContain("lab:nodes.four enlarges the disk in scsi0 together with memory");
    expect(result.steps["a larger disk"]?.changes).toMatchObject({ update: 1 });
    expect(result.worker.enlarged.conf.scsi0).toContain("size=90G");
  });

  test("leaves no guest, image or snippet on the host after destroy", () =>
    expect(result.left).toEqual({ guests: 0, volumes: 0 }));

  test("rejects a role that lacks a privilege before it creates resources", () => {
    const { message, writes, inState } = result.refusedUp;
    expect(message).toContain(
      "lab:proxmoxApiToken = pulumi@pve!homelab: lacks the privilege VM.Config.CDROM on /vms/111 and 3 more",
    );
    expect(message).toContain("fix: add the privilege to the role");
    expect([writes, inState]).toEqual([0, 0]);
  });

  test("accepts a host that is ready", () =>
    expect([result.refusals.nothing, result.refusals.idFree, result.refusals.pinned]).toEqual(["", "", ""]));

  test.each([
    ["privilege", "lacks the privilege VM.Config.CDROM", "--append --privs VM.Config.CDROM"],
    ["snippets", "does not hold the content type snippets", "pvesm set local --content import,snippets"],
    ["images", "does not hold the content type images", "pvesm set fast --content images"],
    ["version", "runs Proxmox VE 8.2.4", "8.4 or later"],
    ["realm", "pulumi@pam!homelab: the host rejects the token", "the realm is the user's own"],
    ["secret", "the host rejects the token: invalid token value!", "pveum user token add"],
    ["id", "lab:nodes.three.vm.id = 113: the id is taken by router on pve", "write a VMID that is free"],
    ["certificate", "the certificate is not trusted", "SSL_CERT_FILE"],
    ["hostKeyMissing", "lab:proxmox.hosts.pve.hostKey: is not set", "ssh-keygen -lf"],
    ["hostKeyOther", "10.1.0.5 presents another key", "write its new key"],
    ["account", "rejects the account", "authorized_keys"],
    ["knownHosts", "accepts another key for 10.1.0.5", "ssh-keygen -R 10.1.0.5"],
  ])("the host gate rejects a faulty host: %s", (name, words, fix) => {
    expect(result.refusals[name]).toContain(words);
    expect(result.refusals[name]).toContain(fix);
  });

  // The plugin shuts the machine down before it asks Proxmox to delete it, so Pulumi's protection must come first.
  test("relies on Pulumi's protection, because Proxmox' own protection keeps machine and disks but not the machine running", () => {
    const { message, status } = result.protectedDelete;
    expect(message).toContain("can't remove VM 114 - protection mode enabled");
    expect(status).toBe("stopped");
  });
});
