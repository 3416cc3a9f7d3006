// The commands of the README on the real Node language host, which the rehearsal does not use.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProjectCopy, type ProjectCopy, whyNoLanguageHost } from "../rehearsal/projectCopy.ts";

const missing = await whyNoLanguageHost();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const violation = 'one.cpu.type = "kvm64": is not host (C1)';
/** How often the summary after the progress contains a text. */
const count = (output: string, part: string) =>
  output.slice(Math.max(0, output.search(/^(Policies|Diagnostics):/m))).split(part).length - 1;

describe.skipIf(missing !== undefined)("program and policy pack on the Node language host", () => {
  let checkout: ProjectCopy;
  beforeAll(async () => {
    checkout = await openProjectCopy("test/fixtures/valid/minimal.yaml", "fake");
  });
  afterAll(() => checkout?.close());
  const preview = ["preview", "-s", "homelab"];
  const withPack = [...preview, "--policy-pack", "policy"];

  test("previews a valid lab with the pack as a folder", async () => {
    const { status, output } = await checkout.pulumi(withPack);
    expect(output).toContain("✅ homelab-guard@v0.1.0 (local: policy)");
    expect(output).not.toContain("error:");
    expect(output).not.toContain("can't run policy");
    expect(status).toBe(0);
  });

  test("prints a violation once at preview and at up, before a resource is created", async () => {
    checkout.edit("components/proxmox/machineArgs.ts", 'type: "host"', 'type: "kvm64"');
    for (const args of [preview, ["up", "-s", "homelab", "--yes", "--skip-preview"], withPack]) {
      const { status, output } = await checkout.pulumi(args);
      expect(output).toContain(
        "the policies reject the stack homelab, and no resource was created or changed",
      );
      expect(output).toContain("[mandatory] c1-cpu-host (proxmoxve:index/vmLegacy:VmLegacy: one)");
      expect(count(output, violation), args.join(" ")).toBe(1);
      expect(output).toContain("fix: set cpu.type to host");
      expect(status).not.toBe(0);
      expect(checkout.types().filter((type) => type !== "pulumi:pulumi:Stack")).toEqual([]);
    }
  });

  test("runs the pack without the program's own guard, with the exemptions of the stack's configuration", async () => {
    checkout.edit("index.ts", "await guard(lab, (placeholders) => new Lab(lab, placeholders))", "[]");
    const rejected = await checkout.pulumi(withPack);
    expect(rejected.output).toContain("❌ homelab-guard@v0.1.0 (local: policy)");
    expect(count(rejected.output, violation)).toBe(1);
    expect(rejected.status).not.toBe(0);

    const reason = "the host does not support CPU type host";
    const exemptions = JSON.stringify([{ lesson: "C1", reason }]);
    await checkout.pulumi(["config", "set", "-s", "homelab", "lab:exemptions", exemptions]);
    const { status, output } = await checkout.pulumi(withPack);
    expect(output).toContain("✅ homelab-guard@v0.1.0 (local: policy)");
    expect(status).toBe(0);
  });

  describe("with an old Node", () => {
    const folder = mkdtempSync(join(tmpdir(), "homelab-old-node-"));
    let found: string;
    beforeAll(() => {
      found = oldNode(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each([
      ["the program", preview],
      ["the policy pack", withPack],
    ])("ends %s with the required Node version and without a stack trace", async (what, args) => {
      const { status, output } = await checkout.pulumi(args, found);
      expect(output).toMatch(
        new RegExp(`node = \\d+\\.\\d+\\.\\d+ \\(\\S+\\): ${what} needs Node 24 or later`),
      );
      expect(output).toContain("fix: run `npm ci`, then `npx pulumi …`");
      expect(output).not.toMatch(/^\s+at .*:\d+/m);
      expect(status).not.toBe(0);
    });
  });
});

/** A folder with a `node` that is too old: one in PATH, or a wrapper of the present one that reports an old version. */
function oldNode(folder: string): string {
  for (const candidate of (process.env.PATH ?? "").split(delimiter)) {
    try {
      const version = execFileSync(join(candidate, "node"), ["--version"], { encoding: "utf8" });
      if (Number(version.slice(1).split(".")[0]) < 24) return candidate;
    } catch {}
  }
  mkdirSync(folder, { recursive: true });
  const preload = join(folder, "preload.cjs");
  writeFileSync(
    preload,
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });\n',
  );
  writeFileSync(join(folder, "node"), `#!/bin/sh\nexec ${process.execPath} --require ${preload} "$@"\n`);
  chmodSync(join(folder, "node"), 0o755);
  return folder;
}
