import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keysFor, pinHostKey } from "./knownHosts.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM";
const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMf4sReRSMsoqQCwxJT61LeqCK+s9Cvf/rR4t8ETNzPE";
const address = "10.1.0.5";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "known-hosts-"));
  file = join(folder, ".ssh", "known_hosts");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function hashed(host: string): string {
  const salt = Buffer.from("01234567890123456789");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(host).digest("base64")}`;
}

test.each([
  ["the address", address],
  ["the address with its port", `[${address}]:22`],
  ["a list of names", `pve.lab,${address}`],
  ["a pattern", "10.1.0.*"],
  ["a pattern of single characters", "10.1.0.?"],
  ["everything", "*"],
  ["a hash", hashed(address)],
])("finds the key of an address by %s", (_what, patterns) =>
  expect(keysFor(`# a comment\n${patterns} ${key} root@pve\n`, address)).toEqual([{ key, line: 2 }]),
);

test.each([
  ["another address", "10.1.0.50"],
  ["an address that the dots of a regular expression would match", "10x1x0x5"],
  ["another port", `[${address}]:2222`],
  ["a pattern that excludes it", `10.1.0.*,!${address}`],
  ["the hash of another address", hashed("10.1.0.50")],
  ["a @revoked line", `@revoked ${address}`],
])("ignores the key of %s", (_what, patterns) =>
  expect(keysFor(`${patterns} ${key}\n`, address)).toEqual([]),
);

test("pins a host key once in a new known_hosts file with mode 0600", () => {
  expect(pinHostKey(address, `${key} root@pve`, file)).toBeUndefined();
  expect(pinHostKey(address, key, file)).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(`${address} ${key}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("appends a pinned key after a last line without a newline", () => {
  pinHostKey("10.1.0.6", other, file);
  writeFileSync(file, readFileSync(file, "utf8").trimEnd());
  pinHostKey(address, key, file);
  expect(readFileSync(file, "utf8")).toBe(`10.1.0.6 ${other}\n${address} ${key}\n`);
});

test("returns the line of a different key for the address and writes nothing", () => {
  pinHostKey(address, key, file);
  writeFileSync(file, `# mine\n${address} ${key}\n* ${other}\n`);
  expect(pinHostKey(address, key, file)).toBe(3);
  expect(readFileSync(file, "utf8")).toBe(`# mine\n${address} ${key}\n* ${other}\n`);
});
