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

describe("npm start", () => {
  const files = mkdtempSync(join(tmpdir(), "bad-input-"));
  const twoServers = join(files, "two-servers.yaml");
  writeFileSync(twoServers, invalidStackFile(readInvalidFixture("two-servers")));
  afterAll(() => rmSync(files, { recursive: true }));

  test.each([
    ["an unknown option", ["--stak", "x"], 1, "Usage: npm start"],
    ["an unknown choice", ["--providers", "mock"], 1, "--providers must be real, fake or auto, not mock"],
    ["a missing stack", ["--stack", "nowhere"], 3, "the file does not exist"],
    ["a wrong configuration", ["--config", twoServers], 3, "has 2 servers (one, two)"],
  ])("rejects %s without a stack trace", (_what, args, status, words) => {
    const result = rehearse(args);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(status);
  });

  test("accepts the former --providers stand-in with a warning that names fake", () => {
    const result = rehearse(["--providers", "stand-in", "--help"]);
    expect(result.stderr).toBe(
      "warning: --providers stand-in is now --providers fake; the next release rejects it\n",
    );
    expect(result.status).toBe(0);
  });

  test("prints the plan and fails where no Pulumi CLI can be found or built", () => {
    const result = rehearse([], { PULUMI_CLI: "/nonexistent/pulumi" });
    expect(result.stdout).toContain("no Pulumi CLI could be found or built");
    expect(result.stdout).toMatch(/homelab: \d{3} resources/);
    expect(result.stdout).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(1);
  });

  test("prints a reason and leaves no files behind where the state folder is not writable", () => {
    const result = rehearse([], { TMPDIR: "/proc" });
    expect(result.stderr).toContain("the rehearsal stopped: ");
    expect(result.stderr).toContain("fix: ");
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(result.status).toBe(1);
  });
});

describe("npm start, interrupted by Ctrl-C during up", () => {
  let status: number | null;
  let output = "";
  /** All its files go into this folder, so that files of parallel tests do not count. */
  const folder = mkdtempSync(join(tmpdir(), "interrupted-"));
  beforeAll(async () => {
    let sent = false;
    const child = spawn(
      process.execPath,
      ["rehearsal/rehearseCommand.ts", "--providers", "fake", "--verbose"],
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

  test("exits with status 130 and a message, and leaves no folder behind", () => {
    expect(output).toContain("Interrupted: the rehearsal's state and folders are removed.");
    expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(status).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith("homelab-"))).toEqual([]);
  });
});
