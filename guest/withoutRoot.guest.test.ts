// An account whose sudo does not work: every script that changes a node refuses first.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guestBundle, guestScripts } from "../components/node/guestBundle.ts";

const unprivileged = 65534;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "without-root-"));
  chmodSync(folder, 0o755);
  const { status, stderr } = spawnSync("bash", ["-s"], {
    input: guestBundle(guestScripts()),
    env: { ...process.env, GUEST_DIRECTORY: folder },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All the settings of a script, required and optional, with empty values. */
function settingsOf(content: string): string {
  const names = /^settings (.*)$/m.exec(content)?.[1]?.split(" ") ?? [];
  return names
    .filter((name) => name !== "--")
    .map((name) => `${name}=\n`)
    .join("");
}

// It only reads files that every user may read.
const readable = "verify-cpu.sh";
const scripts = guestScripts().filter(({ name, executable }) => executable && name !== readable);

test.each(scripts)("$name refuses to run without root (C5)", ({ name, content }) => {
  const { status, stdout, stderr } = spawnSync(join(folder, name), [], {
    input: settingsOf(content),
    uid: unprivileged,
    gid: unprivileged,
    encoding: "utf8",
  });
  expect(stderr).toMatch(
    /REFUSED \(C5\): this script runs as \w+, not as root\n {2}fix: give the node's user passwordless sudo/,
  );
  expect([status, stdout]).toEqual([1, ""]);
});
