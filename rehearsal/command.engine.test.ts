import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invalidStackFile, readInvalidFixture } from "../test/invalidFixtures.ts";

/** Runs the command as `npm start` does. */
function rehearse(args: string[], environment: Record<string, string> = {}) {
  return spawnSync(process.execPath, ["rehearsal/rehearseCommand.ts", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
}

describe("bad input", () => {
  const files = mkdtempSync(join(tmpdir(), "bad-input-"));
  const twoServers = join(files, "two-servers.yaml");
  writeFileSync(twoServers, invalidStackFile(readInvalidFixture("two-servers")));
  afterAll(() => rmSync(files, { recursive: true }));

  test.each([
    ["an unknown option", ["--stak", "x"], 1, "Usage: npm start"],
    ["a choice that is none", ["--providers", "mock"], 1, "--providers is real, stand-in or auto, not mock"],
    ["a stack that is not there", ["--stack", "nowhere"], 3, "the file does not exist"],
    ["a wrong configuration", ["--config", twoServers], 3, "has 2 servers (one, two)"],
  ])("%s", (_what, args, status, words) => {
    const result = rehearse(args);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(status);
  });

  test("a CLI that cannot be had: says so, shows the plan, and is no success", () => {
    const result = rehearse([], { PULUMI_CLI: "/nonexistent/pulumi" });
    expect(result.stdout).toContain("no Pulumi CLI could be found or made");
    expect(result.stdout).toMatch(/homelab: \d{3} resources/);
    expect(result.stdout).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(1);
  });

  test("a state folder that cannot be written: a reason, and nothing left behind", () => {
    const result = rehearse([], { TMPDIR: "/proc" });
    expect(result.stderr).toContain("the rehearsal stopped: ");
    expect(result.stderr).toContain("fix: ");
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(1);
  });
});

describe("Ctrl-C in the middle of an up", () => {
  let status: number | null;
  let output = "";
  /** All that it writes goes there: what others do at the same time is not to be seen. */
  const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
  beforeAll(async () => {
    let sent = false;
    const child = spawn(
      process.execPath,
      ["rehearsal/rehearseCommand.ts", "--providers", "stand-in", "--verbose"],
      {
        detached: true,
        env: { ...process.env, TMPDIR: folder },
      },
    );
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
        // To the whole group, as a terminal does.
        if (sent || child.pid === undefined || !/== Up\n[\s\S]*VmLegacy k3s-\w+ created/.test(output)) return;
        sent = true;
        process.kill(-child.pid, "SIGINT");
      });
    status = await new Promise((resolve) => child.on("close", (code) => resolve(code)));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("ends with status 130 and a word, and leaves no folder behind", () => {
    expect(output).toContain("Interrupted: the rehearsal's state and folders are removed.");
    expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(status).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith("homelab-"))).toEqual([]);
  });
});
