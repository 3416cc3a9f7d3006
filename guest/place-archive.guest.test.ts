// Placing the archive of K3s' own images, from a file as from a mirror. Runs without a container.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderSettings } from "../components/node/guestSettings.ts";
import { attempt } from "./testing/run.ts";

let folder: string;
let destination: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "archive-"));
  destination = join(folder, "images", "k3s-airgap-images-amd64.tar.zst");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sum = (text: string) => createHash("sha256").update(text).digest("hex");
/** Publishes an archive with this content, and runs the script. */
function place(content: string, change: Record<string, string> = {}) {
  const source = join(folder, "published");
  writeFileSync(source, content);
  const settings = {
    URL: pathToFileURL(source).href,
    SHA256: sum(content),
    DESTINATION: destination,
    ...change,
  };
  return attempt("guest/place-archive.sh", [], { seconds: 60, input: renderSettings(settings) });
}

test("places the archive once, and replaces it with the next release's", async () => {
  expect((await place("first")).stdout).toBe(`place-archive: changed: ${destination}\n`);
  expect((await place("first")).stdout).toBe(`place-archive: unchanged: ${destination}\n`);
  expect((await place("second")).stdout).toBe(`place-archive: changed: ${destination}\n`);
  expect(readFileSync(destination, "utf8")).toBe("second");
});

test.each([
  [
    "an archive with another checksum (P3)",
    { SHA256: "0".repeat(64) },
    "REFUSED (P3): the SHA-256 checksum of",
  ],
  ["an invalid checksum (P3)", { SHA256: "abc" }, "REFUSED (P3): 'abc' is not a SHA-256 checksum"],
  [
    "a URL without an archive (I3)",
    { URL: "file:///nowhere/at/all" },
    "REFUSED (I3): file:///nowhere/at/all cannot be downloaded",
  ],
])("refuses %s, and keeps the existing archive", async (_, change, words) => {
  await place("first");
  const { status, stderr } = await place("second", change);
  expect(status).toBe(1);
  expect(stderr).toContain(words);
  expect(stderr).toContain("fix: ");
  expect(readFileSync(destination, "utf8")).toBe("first");
  expect(readdirSync(join(folder, "images"))).toEqual(["k3s-airgap-images-amd64.tar.zst"]);
});

test("leaves no files if the first download fails", async () => {
  await place("first", { SHA256: "0".repeat(64) });
  expect(existsSync(destination)).toBe(false);
  expect(readdirSync(join(folder, "images"))).toEqual([]);
});
