import { createHmac } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The file in which the provider plugin looks up host keys. The plugin has no setting for another file. */
export function knownHostsFile(): string {
  return join(homedir(), ".ssh", "known_hosts");
}

/** Type and base64 data of a one-line public key, without its comment. */
export function bareKey(key: string): string {
  return key.trim().split(/\s+/).slice(0, 2).join(" ");
}

/** The keys of an address on port 22 in the text of a known_hosts file, with their line numbers from 1. */
export function keysFor(text: string, address: string): { readonly key: string; readonly line: number }[] {
  return text.split("\n").flatMap((content, index) => {
    const [patterns = "", ...key] = content.trim().split(/\s+/);
    // Skips comments and markers such as @revoked, which do not make a key trusted.
    if (/^[#@]/.test(patterns) || key.length < 2) return [];
    return matches(patterns, address) ? [{ key: bareKey(key.join(" ")), line: index + 1 }] : [];
  });
}

/** Whether the first field of a line matches an address: a hash, or a list of patterns as in sshd(8). */
function matches(patterns: string, address: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = patterns.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(address).digest("base64") === hash;
  }
  const list = patterns.split(",");
  const matchesPattern = (pattern: string) =>
    new RegExp(
      `^${pattern
        .replace(/^\[(.*)\]:22$/, "$1")
        .replace(/[\\^$+.()|[\]{}]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    ).test(address);
  return (
    list.some((pattern) => matchesPattern(pattern)) &&
    !list.some((pattern) => pattern.startsWith("!") && matchesPattern(pattern.slice(1)))
  );
}

/**
 * Makes a pinned key the only one that the plugin accepts for an address. The plugin accepts every key that the file lists,
 * and any key when the file lists none. Returns the line number of a different key if there is one, and then writes nothing.
 */
export function pinHostKey(address: string, key: string, file = knownHostsFile()): number | undefined {
  const text = read(file);
  const listed = keysFor(text, address);
  const other = listed.find((entry) => entry.key !== bareKey(key));
  if (other !== undefined) return other.line;
  if (listed.length > 0) return undefined;
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  appendFileSync(file, `${separator}${address} ${bareKey(key)}\n`, { mode: 0o600 });
  return undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
