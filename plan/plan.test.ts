import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlanDocument } from "./plan.ts";

const folder = mkdtempSync(join(tmpdir(), "plan-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command as `npm run plan` does. */
function plan(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["plan/planCommand.ts", ...args], {
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  });
  return { status, stdout, stderr };
}

/** The reference lab's file with changes, each a text that occurs in it and its replacement. */
function changed(name: string, from: string, to: string, ...more: readonly [string, string][]): string {
  let text = readFileSync("test/reference.yaml", "utf8");
  for (const [there, instead] of [[from, to] as const, ...more]) {
    if (!text.includes(there)) throw new Error(`the file does not contain ${there}`);
    text = text.replace(there, instead);
  }
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("the plan of the reference lab", () => {
  let document: PlanDocument;
  let output: ReturnType<typeof plan>;
  beforeAll(() => {
    output = plan("--json", "--config", "test/reference.yaml");
    document = JSON.parse(output.stdout) as PlanDocument;
  });
  const named = (name: string) => document.resources.filter((resource) => resource.name === name);
  const depends = (name: string) =>
    named(name)
      .flatMap(({ dependsOn }) => dependsOn)
      .map((urn) => urn.split("::").at(-1));

  test("breaks no policy", () => {
    expect(output.stderr).toBe("");
    expect(output.status).toBe(0);
    expect(document.violations).toEqual([]);
    expect(document.errors).toEqual([]);
  });

  test("lists each resource after the resources that it depends on", () => {
    const seen = new Set<string>();
    for (const { urn, dependsOn, parent } of document.resources) {
      for (const other of [...dependsOn, ...(parent === null ? [] : [parent])]) expect(seen).toContain(other);
      seen.add(urn);
    }
  });

  test("has the resources that docs/runbooks/state-lost.md imports, with these types, names and parents", () => {
    const [json = ""] =
      /\{ "resources": \[[\s\S]*?\n\s*\] \}/.exec(readFileSync("docs/runbooks/state-lost.md", "utf8")) ?? [];
    const { resources } = JSON.parse(json) as {
      resources: { type: string; name: string; parent?: string }[];
    };
    expect(resources.map(({ name }) => name)).toContain("backup-repository");
    for (const { type, name, parent } of resources) {
      const [found] = named(name).filter((resource) => resource.type === type);
      expect(found, name).toBeDefined();
      if (parent !== undefined) expect(found?.parent?.split("::").at(-1)).toBe(parent);
    }
  });

  test("creates servers one after another, and agents after the last server", () => {
    expect(depends("cluster-server-2-configure-k3s")).toContain("cluster-server-1-install-k3s");
    expect(depends("cluster-server-3-configure-k3s")).toContain("cluster-server-2-install-k3s");
    for (const worker of ["worker-1", "worker-2", "worker-3", "worker-4"]) {
      const waits = depends(`cluster-${worker}-configure-k3s`).filter((name) =>
        name?.endsWith("-install-k3s"),
      );
      expect(waits).toEqual(["cluster-server-3-install-k3s"]);
    }
  });

  test("verifies CPU, network and disks before it installs K3s", () =>
    expect(depends("cluster-worker-1-configure-k3s")).toEqual(
      expect.arrayContaining(["worker-1-verify-cpu", "worker-1-verify-network", "worker-1-disks"]),
    ));

  test("leaves values unknown that only `up` computes", () => {
    const vm = named("worker-1").find(({ type }) => type === "proxmoxve:index/vmLegacy:VmLegacy");
    expect(vm?.inputs).toMatchObject({
      initialization: { userDataFileId: "[unknown]" },
      disks: [{ importFrom: "[unknown]" }, {}],
    });
  });

  test("contains no secret, and lists the placeholders", () => {
    expect(output.stdout).not.toMatch(/PRIVATE KEY|placeholder@pve|placeholder-placeholder/);
    expect(named("cluster-worker-1-configure-k3s")[0]?.inputs).toMatchObject({
      stdin: "[secret]",
      logging: "none",
    });
    expect(document.placeholders).toEqual(["proxmoxApiToken", "sshPrivateKey", "backupKeyId", "backupKey"]);
  });

  test("has a timeline whose longest chain runs from the image download to the gate of the login", () => {
    const names = document.timeline.criticalPath.map((urn) => urn.split("::").at(-1));
    expect(names.at(0)).toBe("proxmox-hypervisor-image");
    expect(names).toContain("storage-canary");
    expect(names.at(-1)).toBe("login-gate");
    expect(document.timeline.serialSeconds).toBeGreaterThan(document.timeline.criticalPathSeconds);
  });
});

describe("the plan of a rebuild that restores all data, with images from a mirror", () => {
  const restored = () =>
    changed(
      "rebuild.yaml",
      "  lab:backup:\n",
      "  lab:restore: { from: latest, generation: 1 }\n  lab:backup:\n    generation: 2\n",
      [
        "    revision: 1\n",
        '    revision: 1\n    mirrors: { docker.io: ["https://mirror.lab.example.net"] }\n',
      ],
    );

  test("takes at most 20 minutes and 1.1 times its irreducible chain (B6)", () => {
    const file = restored();
    const { status, stdout } = plan("--json", "--config", file);
    expect(status).toBe(0);
    const { timeline } = JSON.parse(stdout) as PlanDocument;
    expect(timeline.criticalPathSeconds).toBeLessThanOrEqual(20 * 60);
    const times = /: ([\d.]+) times the irreducible chain/.exec(plan("--config", file).stdout)?.[1];
    expect(Number(times)).toBeGreaterThan(1);
    expect(Number(times)).toBeLessThanOrEqual(1.1);
  });
});

describe("npm run plan", () => {
  test.each([
    ["no such stack", ["--stack", "nowhere"], "the file does not exist"],
    ["a file that is a folder", ["--config", "test"], "cannot be read"],
  ])("prints one JSON document and exits with status 3 for %s", (_what, args, words) => {
    const { status, stdout, stderr } = plan("--json", ...args);
    const { errors, resources } = JSON.parse(stdout) as PlanDocument;
    expect(status).toBe(3);
    expect(resources).toEqual([]);
    expect(errors[0]?.message).toContain(words);
    expect(stderr).toBe("");
  });

  test("exits with status 3 for an invalid configuration, and reports every problem with path, value, lesson and fix", () => {
    const { status, stdout } = plan("--config", changed("two.yaml", "vlan: 120", "vlan: 4095"));
    expect(status).toBe(3);
    expect(stdout).toContain("lab:networks.cluster.vlan = 4095: is not a whole number from 1 to 4094 (N1)");
    expect(stdout).toContain("fix: ");
  });

  test("exits with status 1 and prints the usage for an unknown option", () => {
    const { status, stderr } = plan("--jsno");
    expect(status).toBe(1);
    expect(stderr).toContain("Usage: npm run plan");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
