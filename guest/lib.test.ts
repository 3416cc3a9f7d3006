import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lib-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a script with these lines, which sources the library as every script does. */
function script(lines: string, input = "", ...args: string[]) {
  const path = join(folder, "step.sh");
  writeFileSync(path, `. ${process.cwd()}/guest/lib.sh\n${lines}\n`);
  return spawnSync("bash", [path, ...args], { input, encoding: "utf8" });
}

describe("settings", () => {
  const show = 'settings NAME -- EXTRA; printf "[%s][%s]" "$NAME" "$EXTRA"';

  test.each([
    ["all settings", "NAME=a b\nEXTRA=c=d\n", "[a b][c=d]"],
    ["a missing optional setting", "NAME=a\n", "[a][]"],
    ["input without a final newline", "NAME=a", "[a][]"],
    ["text that a shell would expand", "NAME=$(id) `id` $HOME *\n", "[$(id) `id` $HOME *][]"],
  ])("reads %s", (_what, input, output) => expect(script(show, input).stdout).toBe(output));

  test.each([
    ["an unknown setting", "NAME=a\nCOLOUR=red\n", "unknown setting 'COLOUR'"],
    ["a duplicate setting", "NAME=a\nNAME=b\n", "setting 'NAME' is given twice"],
    ["a missing setting", "EXTRA=b\n", "setting 'NAME' is missing"],
    ["a line without =", "NAME\n", "a line without '='"],
  ])("rejects %s with status 2 and a fix", (_what, input, words) => {
    const { status, stderr, stdout } = script(show, input);
    expect(stderr).toContain(`BAD SETTINGS: ${words}`);
    expect(stderr).toContain("fix: ");
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("rejects a value that is not base64, without printing it (C5)", () => {
    const { status, stderr } = script("settings FILE_B64", "FILE_B64=plänted!\n");
    expect(stderr).toContain("setting 'FILE_B64' is not base64");
    expect(stderr).not.toContain("plänted");
    expect(status).toBe(2);
  });

  test("exits before any step with --check", () => {
    const { status, stdout } = script("settings NAME; touch done", "NAME=a\n", "--check");
    expect(stdout).toBe("step: settings are complete\n");
    expect(status).toBe(0);
  });
});

describe("install_file", () => {
  const install = (content: string, mode = "0640") =>
    script(`printf '%s' '${content}' | install_file ${folder}/sub/file ${mode}`);

  test("writes a file with its mode, and reports it as unchanged on a second run", () => {
    expect(install("one").stdout).toContain("changed: ");
    expect(readFileSync(`${folder}/sub/file`, "utf8")).toBe("one");
    expect(statSync(`${folder}/sub/file`).mode & 0o777).toBe(0o640);
    expect(install("one").stdout).toBe(`step: unchanged: ${folder}/sub/file\n`);
  });

  test("counts its changes, also at the end of a pipe", () =>
    expect(
      script(`echo a | install_file ${folder}/a 0600; install_file ${folder}/b 0600 <<<b; echo "$changes"`)
        .stdout,
    ).toMatch(/\n2\n$/));

  test("replaces a file if its content or mode differs", () => {
    install("one");
    expect(install("two").stdout).toContain("changed: ");
    expect(install("two", "0600").stdout).toContain("changed: ");
  });
});

describe("await", () => {
  test("returns as soon as the condition is true", () =>
    expect(script("await 5 'the file' test -e /").stdout).toBe("step: the file: after 0s\n"));

  test("fails after its time limit, and prints what it waited for", () => {
    const { status, stdout } = script("await 1 'a file that never comes' test -e /never || exit 7");
    expect(stdout).toContain("waiting for a file that never comes (at most 1s)");
    expect(stdout).toContain("timed out after 1s");
    expect(status).toBe(7);
  });
});

test("refuse prints lesson, reason, fix and the lesson's page on standard error", () => {
  const { status, stderr, stdout } = script("refuse S3 'the disk is full of data' 'request its wipe'");
  expect(stderr).toBe(
    "step: REFUSED (S3): the disk is full of data\n  fix: request its wipe\n  see docs/lessons/S3.md\n",
  );
  expect(stdout).toBe("");
  expect(status).toBe(1);
});

describe("kubelet_directories", () => {
  /** Binds a socket like the kubelet (CreateListener): under a number, renamed afterwards. */
  const binds = `import os, socket, sys
os.makedirs(sys.argv[1])
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1] + "/2716057")
if sys.argv[2] != "silent": s.listen()
os.rename(sys.argv[1] + "/2716057", sys.argv[1] + "/" + sys.argv[3])
print("ready", flush=True)
sys.stdin.read()
`;
  /** Runs the function while such a socket exists, and returns its output for the folder of this test. */
  async function found(...[directory, listens, name]: [string, "listens" | "silent", string]) {
    const kubelet = spawn("python3", ["-c", binds, join(folder, directory), listens, name]);
    try {
      await new Promise((resolve) => kubelet.stdout.once("data", resolve));
      return script("kubelet_directories")
        .stdout.split("\n")
        .filter((line) => line.startsWith(folder));
    } finally {
      kubelet.kill("SIGKILL");
    }
  }

  test("prints the root directory of a kubelet, whose socket the kernel lists under a number (K3)", async () =>
    expect(await found("data/kubelet/pod-resources", "listens", "kubelet.sock")).toEqual([
      join(folder, "data/kubelet"),
    ]));

  test.each<[string, string, "listens" | "silent", string]>([
    ["for device plugins", "kubelet/device-plugins", "listens", "kubelet.sock"],
    ["under another name", "kubelet/pod-resources", "listens", "other.sock"],
    ["that does not listen", "kubelet/pod-resources", "silent", "kubelet.sock"],
  ])("prints nothing for a socket %s", async (_, directory, listens, name) =>
    expect(await found(directory, listens, name)).toEqual([]),
  );
});
