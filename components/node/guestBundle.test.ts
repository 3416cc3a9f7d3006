import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { guestBundle, guestScripts, scriptHash } from "./guestBundle.ts";

const scripts = guestScripts();
const folder = mkdtempSync(join(tmpdir(), "guest-bundle-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("guestBundle", () => {
  test("writes every guest script with its content and permissions when bash runs the bundle", () => {
    execFileSync("bash", ["-s"], {
      input: guestBundle(scripts),
      env: { PATH: process.env.PATH, GUEST_DIRECTORY: folder },
    });
    expect(readdirSync(folder).toSorted()).toEqual(scripts.map(({ name }) => name));
    for (const { name, content, executable } of scripts) {
      expect(readFileSync(join(folder, name), "utf8")).toBe(content);
      expect((statSync(join(folder, name)).mode & 0o111) !== 0).toBe(executable);
    }
  });

  test("finds every guest script except lib.sh executable", () =>
    expect(scripts.filter(({ executable }) => !executable).map(({ name }) => name)).toEqual(["lib.sh"]));

  test("rejects a script that contains its own heredoc delimiter", () =>
    expect(() => guestBundle([{ name: "x.sh", content: "END-OF-x.sh\n", executable: true }])).toThrow(
      "contains the line",
    ));
});

describe("scriptHash", () => {
  const hash = (changed: string) =>
    scriptHash(
      scripts.map((script) => (script.name === changed ? { ...script, content: "new" } : script)),
      "verify-cpu.sh",
    );

  test("changes with the step's own script and with lib.sh, and with no other script", () => {
    const before = scriptHash(scripts, "verify-cpu.sh");
    expect(hash("verify-cpu.sh")).not.toBe(before);
    expect(hash("lib.sh")).not.toBe(before);
    expect(hash("prepare-node.sh")).toBe(before);
  });

  test("names a guest script that does not exist", () =>
    expect(() => scriptHash(scripts, "absent.sh")).toThrow("guest/absent.sh is missing"));
});
