// Installing, starting and upgrading K3s under a real systemd.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../components/node/guestSettings.ts";
import { bootstrapServer, configure, Member, reconfigure, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("install-k3s.sh", () => {
  let v135: Settings;
  beforeAll(async () => {
    node = await Member.start("server-1");
    v135 = await node.publish("v1.35.4+k3s1");
    expect(await node.changesOf("configure-k3s.sh", configure())).not.toEqual([]);
  });
  afterAll(() => node?.stop());

  test.each<[string, Settings, string[]]>([
    [
      "a release with another checksum (P3)",
      { SHA256: "0".repeat(64) },
      ["P3", "nothing was installed", "sha256sum-amd64.txt"],
    ],
    [
      "an unreachable URL (I3)",
      { BINARY_URL: "http://127.0.0.1:9/k3s" },
      ["I3", "http://127.0.0.1:9/k3s cannot be downloaded"],
    ],
    [
      "a file that the mirror does not have (I3)",
      { BINARY_URL: "file:///srv/mirror/none" },
      ["I3", "cannot be downloaded"],
    ],
    [
      "a release of another version (P3)",
      { VERSION: "v1.35.5+k3s1" },
      ["P3", "reports version 'v1.35.4+k3s1'"],
    ],
    ["an invalid version (P3)", { VERSION: "latest" }, ["P3", "'latest' is not a K3s release"]],
    ["an invalid checksum (P3)", { SHA256: "none" }, ["P3", "is not a SHA-256 checksum"]],
    ["an invalid role (K1)", { ROLE: "master" }, ["K1", "'master' is not a role"]],
  ])("refuses %s", (_, wrong, words) => node.refuses("install-k3s.sh", { ...v135, ...wrong }, ...words));

  test("refuses a full disk before the download (K7)", async () => {
    await node.run("mount -t tmpfs -o size=100m tmpfs /usr/local/bin");
    await node.refuses("install-k3s.sh", v135, "K7", "the filesystem of /usr/local/bin has 100 MiB free");
    await node.run("umount /usr/local/bin");
  });

  test("installs and starts K3s, waits until it is ready, and changes nothing on a second run", async () => {
    expect(await node.changesOf("install-k3s.sh", v135)).toContain("changed: k3s.service started");
    const running = await node.pid();
    expect(await node.changesOf("install-k3s.sh", v135)).toEqual([]);
    expect(await node.changesOf("configure-k3s.sh", configure())).toEqual([]);
    expect(await node.pid()).toBe(running);
  });

  test("reserves memory and CPU for the system (C4)", async () => {
    expect(await node.run("cat /etc/rancher/k3s/config.yaml.d/60-reservations.yaml")).toMatch(
      /kubelet-arg\+:\n {2}- system-reserved=cpu=\d+m,memory=\d+Mi/,
    );
  });

  test("pulls the listed images, and names the registry that refused one (I3, I4)", async () => {
    await node.refuses(
      "install-k3s.sh",
      { ...v135, IMAGES: "127.0.0.1:9/mongo:7.0.14" },
      "I3",
      "127.0.0.1:9/mongo:7.0.14",
      "Connection refused",
    );
    const images = { ...v135, IMAGES: "127.0.0.1:6443/mongo:7.0.14" };
    expect(await node.changesOf("install-k3s.sh", images)).toEqual([
      "changed: 127.0.0.1:6443/mongo:7.0.14 is pulled",
    ]);
    expect(await node.changesOf("install-k3s.sh", images)).toEqual([]);
  });

  test("refuses a downgrade and a skipped minor version (K4, C2)", async () => {
    await node.refuses(
      "install-k3s.sh",
      await node.publish("v1.34.9+k3s1"),
      "K4",
      "v1.35.4+k3s1 is installed, and v1.34.9+k3s1 is older",
    );
    await node.refuses("install-k3s.sh", await node.publish("v1.35.4+k3s0"), "K4", "is older");
    await node.refuses(
      "install-k3s.sh",
      await node.publish("v1.37.0+k3s1"),
      "K4",
      "skips a minor version",
      "upgrade to v1.36 first",
    );
  });

  test("reads the version of a broken binary from its record (K4)", async () => {
    await node.run(
      "mv /usr/local/bin/k3s /root/k3s; printf broken > /usr/local/bin/k3s; chmod 755 /usr/local/bin/k3s",
    );
    await node.refuses(
      "install-k3s.sh",
      await node.publish("v1.34.9+k3s1"),
      "K4",
      "v1.35.4+k3s1 is installed",
    );
    await node.run("mv /root/k3s /usr/local/bin/k3s");
  });

  test("upgrades by one minor version, and keeps the previous binary", async () => {
    const before = await node.pid();
    expect(await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"))).toEqual(
      expect.arrayContaining([
        "changed: /usr/local/bin/k3s v1.36.2+k3s1, replacing v1.35.4+k3s1",
        "changed: k3s.service started",
      ]),
    );
    expect(await node.pid()).not.toBe(before);
    expect(await node.version()).toBe("k3s version v1.36.2+k3s1 (0123abcd)");
    expect(await node.run("/usr/local/bin/k3s.previous --version | head -n 1")).toContain("v1.35.4+k3s1");
    expect(
      await node.run("k3s kubectl get node server-1 -o jsonpath='{.status.nodeInfo.kubeletVersion}'"),
    ).toBe("v1.36.2+k3s1");
  });

  test("refuses an argument that the kubelet does not know, with K3s' own error (K2)", async () => {
    const settings = reconfigure(bootstrapServer, (config) =>
      config.replace("kubelet-arg:\n", "kubelet-arg:\n  - max-parallel-image-pulls=3\n"),
    );
    await node.run("systemctl stop k3s");
    await node.changesOf("configure-k3s.sh", settings);
    const { status, stderr } = await node.script("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("unknown flag: --max-parallel-image-pulls"),
    ]);
    expect(stderr).toMatch(/REFUSED \(K2\): the kubelet of v1\.36\.2\+k3s1 does not know an argument/);
    await node.run("systemctl stop k3s");
    await node.changesOf("configure-k3s.sh", configure());
  });

  test("reports why K3s does not start, without the token (C5)", async () => {
    await node.run("touch /opt/broken; systemctl stop k3s");
    const { status, stderr } = await node.script("install-k3s.sh", {
      ...(await node.publish("v1.36.2+k3s1")),
      WAIT_SECONDS: 5,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining("cannot start with token …")]);
    expect(stderr).toContain("k3s.service is not running after 5 s");
    await node.run("rm /opt/broken");
  });
});

describe.each([
  ["Debian 12", "bookworm"],
  ["Ubuntu 22.04", "jammy"],
  ["Ubuntu 24.04", "noble"],
] as const)("install-k3s.sh on %s", (_, system) => {
  const missing = whyNoMember(system);
  if (missing !== undefined) console.warn(`skipped: ${missing}`);

  test.skipIf(missing !== undefined)("installs K3s, and changes nothing on a second run", async () => {
    const other = await Member.start("server-1", system);
    try {
      const release = await other.publish("v1.36.2+k3s1");
      await other.changesOf("configure-k3s.sh", configure());
      expect(await other.changesOf("install-k3s.sh", release)).toContain("changed: k3s.service started");
      expect(await other.changesOf("configure-k3s.sh", configure())).toEqual([]);
      expect(await other.changesOf("install-k3s.sh", release)).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});
