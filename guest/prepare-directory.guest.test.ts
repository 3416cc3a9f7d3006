// On a real filesystem, in place of /srv inside a mount namespace that ends with each run.
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

/** Runs the script where /srv is the folder of this test; `mounts` is done there before it. */
function prepare(settings: object = {}, mounts = ":") {
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--mount", "bash", "-euc", `mount --bind "$0" /srv; ${mounts}; exec guest/prepare-directory.sh`, srv],
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
/** A directory of somebody else's, with something in it. */
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

test("makes it with its owner and mode, on the way to it too; a second time nothing is left to do", () => {
  expect(prepare().stdout.replaceAll("prepare-directory: ", "")).toBe(
    [
      "changed: /srv/lab/elasticsearch",
      "changed: /srv/lab/elasticsearch is 1000:1000's",
      "changed: its mode is 0750\n",
    ].join("\n"),
  );
  expect([owner(), statSync(path()).mode & 0o7777]).toEqual(["1000:1000", 0o750]);
  expect(statSync(join(srv, "lab")).uid).toBe(0);
  const { status, stdout } = prepare();
  expect(stdout).toMatch(/^(prepare-directory: unchanged: .*\n){3}$/);
  expect(status).toBe(0);
});

test("gives an empty one, as a cut run or the kubelet leaves it, its owner and mode", () => {
  mkdirSync(path(), { recursive: true });
  expect(prepare().stdout).toContain("changed: /srv/lab/elasticsearch is 1000:1000's");
  expect(prepare().stdout).not.toContain(": changed: ");
});

test("leaves what is in its own directory alone, whosever it is", () => {
  occupied(1000);
  chownSync(path("nodes/0"), 7, 7);
  expect(prepare().status).toBe(0);
  expect(owner("nodes/0")).toBe("7:7");
});

describe("a directory that is somebody else's and not empty", () => {
  test("is refused, and stays as it is (S10)", () => {
    occupied();
    const { status, stderr } = prepare();
    expect(stderr).toContain(
      "REFUSED (S10): /srv/lab/elasticsearch is 0:0's and not empty, and elasticsearch runs as 1000:1000",
    );
    expect(stderr).toContain("fix: look at what it holds");
    expect([status, owner(), owner("nodes/0")]).toEqual([1, "0:0", "0:0"]);
  });

  test("is taken over on order: links themselves, and nothing that is mounted in it", () => {
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
    expect(stdout).toContain("changed: 4 entries are 1000:1000's");
    expect(["", "nodes", "nodes/0", "link"].map(owner)).toEqual(Array(4).fill("1000:1000"));
    expect(statSync("/etc/hostname").uid).toBe(0);
    // What is under the mount point comes to light without it.
    expect(prepare({ ADOPT: "yes" }).stdout).toContain("changed: 1 entries are 1000:1000's");
    expect(prepare({ ADOPT: "yes" }).stdout).not.toContain(": changed: ");
  });
});

const refusals: [string, () => void, object, string, string, string][] = [
  [
    "a path elsewhere",
    () => {},
    { DIRECTORY: "/etc/elasticsearch" },
    "S10",
    "is not under /var/lib, /srv, /mnt",
    ":",
  ],
  ["a path that leads out", () => {}, { DIRECTORY: "/srv/../etc/e" }, "S10", "is no plain path", ":"],
  ["one of these folders itself", () => {}, { DIRECTORY: "/srv" }, "S10", "is not under", ":"],
  ["what K3s keeps", () => {}, { DIRECTORY: "/var/lib/rancher/e" }, "S10", "belongs to the system", ":"],
  [
    "a link on the way",
    () => symlinkSync("/etc", join(srv, "lab")),
    {},
    "S10",
    "/srv/lab is a link to /etc",
    ":",
  ],
  [
    "a file in its place",
    () => writeFileSync(join(srv, "lab"), ""),
    {},
    "S10",
    "/srv/lab is no directory",
    ":",
  ],
  [
    "a filesystem that is almost full",
    () => mkdirSync(join(srv, "lab")),
    {},
    "K7",
    "the filesystem of /srv/lab has 64 MiB free, and 1024 are needed",
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

test.each([{ OWNER: "elasticsearch" }, { MODE: "rwx" }])("settings that are none end it: %o", (more) => {
  const { status, stderr } = prepare(more);
  expect(stderr).toContain("BAD SETTINGS: ");
  expect([status, existsSync(path())]).toEqual([2, false]);
});
