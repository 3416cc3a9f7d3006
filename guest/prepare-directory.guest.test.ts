// On a real filesystem, which replaces /srv inside a mount namespace that ends with each run.
import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let srv: string;
beforeEach(() => {
  srv = mkdtempSync(join(tmpdir(), "directory-"));
});
afterEach(() => rmSync(srv, { recursive: true }));

const elasticsearch = {
  NAME: "elasticsearch",
  DIRECTORY: "/srv/lab/elasticsearch",
  OWNER: "1000:1000",
  MODE: "0750",
};

/** Runs the script with the folder of this test as /srv; `mounts` runs there first. */
function prepare(settings: object = {}, mounts = ":") {
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    [
      "--mount",
      "bash",
      "--norc",
      "-euc",
      `mount --bind "$0" /srv; ${mounts}; exec guest/prepare-directory.sh`,
      srv,
    ],
    {
      input: Object.entries({ ...elasticsearch, ...settings })
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
}

const path = (name = "") => join(srv, "lab/elasticsearch", name);
/** A directory of another user, with content. */
function occupied(uid = 0): void {
  mkdirSync(path("nodes"), { recursive: true });
  writeFileSync(path("nodes/0"), "index");
  symlinkSync("/etc/hostname", path("link"));
  for (const name of ["", "nodes", "nodes/0"]) chownSync(path(name), uid, uid);
}
const owner = (name = "") => {
  const { uid, gid } = lstatSync(path(name));
  return `${uid}:${gid}`;
};

test("creates the directory and its parents with owner and mode, and changes nothing on a second run", () => {
  expect(prepare().stdout.replaceAll("prepare-directory: ", "")).toBe(
    [
      "changed: /srv/lab/elasticsearch",
      "changed: owner of /srv/lab/elasticsearch: 1000:1000",
      "changed: mode of /srv/lab/elasticsearch: 0750\n",
    ].join("\n"),
  );
  expect([owner(), statSync(path()).mode & 0o7777]).toEqual(["1000:1000", 0o750]);
  expect(statSync(join(srv, "lab")).uid).toBe(0);
  const { status, stdout } = prepare();
  expect(stdout).toMatch(/^(prepare-directory: unchanged: .*\n){3}$/);
  expect(status).toBe(0);
});

test("sets owner and mode of an empty directory that an interrupted run or the kubelet left", () => {
  mkdirSync(path(), { recursive: true });
  expect(prepare().stdout).toContain("changed: owner of /srv/lab/elasticsearch: 1000:1000");
  expect(prepare().stdout).not.toContain(": changed: ");
});

test("does not change files in a directory that already has the owner", () => {
  occupied(1000);
  chownSync(path("nodes/0"), 7, 7);
  expect(prepare().status).toBe(0);
  expect(owner("nodes/0")).toBe("7:7");
});

describe("a directory that belongs to another user and is not empty", () => {
  test("is refused without a change (S10)", () => {
    occupied();
    const { status, stderr } = prepare();
    expect(stderr).toContain(
      "REFUSED (S10): /srv/lab/elasticsearch belongs to 0:0 and is not empty, and elasticsearch runs as 1000:1000",
    );
    expect(stderr).toContain("fix: check its content");
    expect([status, owner(), owner("nodes/0")]).toEqual([1, "0:0", "0:0"]);
  });

  test("is adopted with ADOPT=yes: links are not followed, and mounted filesystems are left alone", () => {
    occupied();
    mkdirSync(join(srv, "other"));
    writeFileSync(join(srv, "other/file"), "");
    mkdirSync(path("mounted"));
    const mounted =
      "mount -t tmpfs tmpfs /srv/lab/elasticsearch/mounted; touch /srv/lab/elasticsearch/mounted/file";
    const seen =
      "trap 'stat -c %u /srv/lab/elasticsearch/mounted /srv/lab/elasticsearch/mounted/file >&2' EXIT";
    const { status, stderr, stdout } = prepare({ ADOPT: "yes" }, `${mounted}; ${seen}; exec() { "$@"; }`);
    expect([status, stderr]).toEqual([0, "0\n0\n"]);
    expect(stdout).toContain("changed: owner of 4 entries: 1000:1000");
    expect(["", "nodes", "nodes/0", "link"].map(owner)).toEqual(Array(4).fill("1000:1000"));
    expect(statSync("/etc/hostname").uid).toBe(0);
    // Without the mount, the mount point itself becomes visible.
    expect(prepare({ ADOPT: "yes" }).stdout).toContain("changed: owner of 1 entries: 1000:1000");
    expect(prepare({ ADOPT: "yes" }).stdout).not.toContain(": changed: ");
  });
});

const refusals: [string, () => void, object, string, string, string][] = [
  [
    "a path outside the allowed ones",
    () => {},
    { DIRECTORY: "/etc/elasticsearch" },
    "S10",
    "is not under /var/lib, /srv, /mnt",
    ":",
  ],
  ["a path with ..", () => {}, { DIRECTORY: "/srv/../etc/e" }, "S10", "is not a plain absolute path", ":"],
  ["an allowed folder itself", () => {}, { DIRECTORY: "/srv" }, "S10", "is not under", ":"],
  ["a directory of K3s", () => {}, { DIRECTORY: "/var/lib/rancher/e" }, "S10", "belongs to the system", ":"],
  [
    "a symbolic link in the path",
    () => symlinkSync("/etc", join(srv, "lab")),
    {},
    "S10",
    "/srv/lab is a symbolic link to /etc",
    ":",
  ],
  [
    "a file in its place",
    () => writeFileSync(join(srv, "lab"), ""),
    {},
    "S10",
    "/srv/lab is not a directory",
    ":",
  ],
  [
    "a filesystem that is almost full",
    () => mkdirSync(join(srv, "lab")),
    {},
    "K7",
    "the filesystem of /srv/lab has 64 MiB free, and needs 1024 MiB",
    "mount -t tmpfs -o size=64m tmpfs /srv/lab",
  ],
];
test.each(refusals)("refuses %s", (_what, arrange, settings, lesson, words, mounts) => {
  arrange();
  const { status, stdout, stderr } = prepare(settings, mounts);
  expect(stderr).toContain(`REFUSED (${lesson}): `);
  expect(stderr).toContain(words);
  expect(stderr).toContain("  fix: ");
  expect([status, stdout, existsSync(path()), existsSync("/etc/elasticsearch")]).toEqual([
    1,
    "",
    false,
    false,
  ]);
});

test.each([{ OWNER: "elasticsearch" }, { MODE: "rwx" }])("rejects invalid settings: %o", (more) => {
  const { status, stderr } = prepare(more);
  expect(stderr).toContain("BAD SETTINGS: ");
  expect([status, existsSync(path())]).toEqual([2, false]);
});
