import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configureSettings } from "../components/k3s/k3sSteps.ts";
import { renderSettings } from "../components/node/guestSettings.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
/** Nothing listens on port 1. */
const closedPort = "http://127.0.0.1:1";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "configure-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs the script with the settings that the program renders for a node of the homelab. */
function configure(name: string, options: { apiUrl?: string; token?: string; kubelet?: string } = {}) {
  const node = lab.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(name);
  const cluster = { ...lab.config.cluster, kubeletDirectory: options.kubelet ?? "/var/lib/kubelet" };
  const settings = configureSettings({ ...lab, config: { ...lab.config, cluster } }, node, {
    token: options.token ?? "planted-token",
    backupKeyId: "id",
    backupKey: "planted-key",
  });
  const child = spawnSync("guest/configure-k3s.sh", [], {
    input: renderSettings({ ...settings, API_URL: options.apiUrl ?? closedPort }),
    encoding: "utf8",
    env: { PATH: process.env.PATH, LAB_ROOT: root },
  });
  expect(`${child.stdout}${child.stderr}`).not.toMatch(/planted/);
  return child;
}

const file = (path: string) => readFileSync(join(root, path), "utf8");
const join50 = "etc/rancher/k3s/config.yaml.d/50-join.yaml";
/** The state that a running member leaves on disk. */
const joined = () => mkdirSync(join(root, "var/lib/rancher/k3s/agent"), { recursive: true });

describe("the join configuration of configure-k3s.sh", () => {
  test("initializes a cluster on the bootstrap server if none answers", () => {
    expect(configure("server-1").status).toBe(0);
    expect(file(join50)).toBe("cluster-init: true\n");
  });

  test("a rebuilt bootstrap server joins the running cluster instead of initializing a second one", async () => {
    // In a process of its own: this process blocks on the script and could not answer.
    const api = spawn("python3", ["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const greeting = await new Promise<Buffer>((resolve) => api.stdout.once("data", resolve));
    const apiUrl = `http://127.0.0.1:${/port (\d+)/.exec(greeting.toString())?.[1]}`;
    try {
      expect(configure("server-1", { apiUrl }).stdout).toContain("this server joins it");
      expect(file(join50)).toBe(`server: ${apiUrl}\n`);
    } finally {
      api.kill();
    }
  });

  test.each(["server-2", "worker-1"])("makes %s join at the API address", (name) => {
    expect(configure(name).status).toBe(0);
    expect(file(join50)).toBe(`server: ${closedPort}\n`);
  });

  test("keeps the decision of the first run on a second run", () => {
    configure("server-1");
    joined();
    expect(configure("server-1").stdout).toContain(`unchanged: ${join(root, join50)}`);
    expect(file(join50)).toBe("cluster-init: true\n");
  });
});

describe("the files of configure-k3s.sh", () => {
  test("have the rendered content, are readable by root only, and do not change on a second run", () => {
    configure("server-2");
    const path = "etc/rancher/k3s/config.yaml";
    expect(file(path)).toContain("token: planted-token\n");
    expect(statSync(join(root, path)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(root, "var/lib/rancher/k3s/agent/pod-manifests/kube-vip.yaml"))).toBe(true);
    for (const line of configure("server-2").stdout.trim().split("\n")) expect(line).toContain("unchanged: ");
  });

  test("include no kube-vip and no audit policy on an agent", () => {
    configure("worker-1");
    expect(existsSync(join(root, "var/lib/rancher/k3s/agent/pod-manifests"))).toBe(false);
    expect(existsSync(join(root, "etc/rancher/k3s/audit-policy.yaml"))).toBe(false);
  });

  test("have the same content on a wiped node, labels included (K6)", () => {
    configure("worker-1");
    const before = file("etc/rancher/k3s/config.yaml");
    rmSync(join(root, "etc"), { recursive: true });
    configure("worker-1");
    expect(file("etc/rancher/k3s/config.yaml")).toBe(before);
    expect(before).toContain("node.longhorn.io/create-default-disk=config");
  });
});

describe("configure-k3s.sh on a joined member", () => {
  beforeEach(() => {
    configure("worker-1");
    joined();
  });

  test("refuses another token (K5)", () => {
    const before = file("etc/rancher/k3s/config.yaml");
    const { status, stderr } = configure("worker-1", { token: "planted-other" });
    expect(stderr).toContain("REFUSED (K5): the token differs");
    expect(status).toBe(1);
    expect(file("etc/rancher/k3s/config.yaml")).toBe(before);
  });

  test("refuses another kubelet directory (K3)", () => {
    const { status, stderr } = configure("worker-1", { kubelet: "/srv/kubelet" });
    expect(stderr).toContain(
      "REFUSED (K3): the kubelet directory would change from /var/lib/kubelet to /srv/kubelet",
    );
    expect(status).toBe(1);
  });
});
