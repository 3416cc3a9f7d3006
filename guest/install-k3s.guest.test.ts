// Installing, starting and upgrading K3s under a real systemd.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../components/node/guestSettings.ts";
import { bootstrapServer, configure, Member, reconfigure, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("a release", () => {
  let v135: Settings;
  beforeAll(async () => {
    node = await Member.start("server-1");
    v135 = await node.publish("v1.35.4+k3s1");
    expect(await node.changesOf("configure-k3s.sh", configure())).not.toEqual([]);
  });
  afterAll(() => node?.stop());

  test.each<[string, Settings, string[]]>([
    [
      "that is not the declared one",
      { SHA256: "0".repeat(64) },
      ["P3", "nothing was installed", "sha256sum-amd64.txt"],
    ],
    [
      "that cannot be reached",
      { BINARY_URL: "http://127.0.0.1:9/k3s" },
      ["I3", "http://127.0.0.1:9/k3s cannot be downloaded"],
    ],
    [
      "that is missing on the mirror",
      { BINARY_URL: "file:///srv/mirror/none" },
      ["I3", "cannot be downloaded"],
    ],
    ["under another name", { VERSION: "v1.35.5+k3s1" }, ["P3", "calls itself 'v1.35.4+k3s1'"]],
    ["without a version", { VERSION: "latest" }, ["P3", "'latest' is no K3s release"]],
    ["without a checksum", { SHA256: "none" }, ["P3", "is no SHA-256 sum"]],
    ["for a role that is none", { ROLE: "master" }, ["K1", "'master' is no role"]],
  ])("%s is not installed", (_, wrong, words) =>
    node.refuses("install-k3s.sh", { ...v135, ...wrong }, ...words),
  );

  test("with a full disk is not downloaded", async () => {
    await node.must("mount -t tmpfs -o size=100m tmpfs /usr/local/bin");
    await node.refuses("install-k3s.sh", v135, "K7", "the filesystem of /usr/local/bin has 100 MiB free");
    await node.must("umount /usr/local/bin");
  });

  test("is installed, started and ready; the second run changes nothing", async () => {
    expect(await node.changesOf("install-k3s.sh", v135)).toContain("changed: k3s.service is started");
    const running = await node.pid();
    expect(await node.changesOf("install-k3s.sh", v135)).toEqual([]);
    expect(await node.changesOf("configure-k3s.sh", configure())).toEqual([]);
    expect(await node.pid()).toBe(running);
  });

  test("reserves memory and CPU for the system (C4)", async () => {
    expect(await node.must("cat /etc/rancher/k3s/config.yaml.d/60-reservations.yaml")).toMatch(
      /kubelet-arg\+:\n {2}- system-reserved=cpu=\d+m,memory=\d+Mi/,
    );
  });

  test("pulls the images of the list ahead, and says which registry refused (I3, I4)", async () => {
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

  test("never goes down, nor past a minor version (K4, C2)", async () => {
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
      "go to v1.36 first",
    );
  });

  test("that no longer runs is still known for what it was (K4)", async () => {
    await node.must(
      "mv /usr/local/bin/k3s /root/k3s; printf broken > /usr/local/bin/k3s; chmod 755 /usr/local/bin/k3s",
    );
    await node.refuses(
      "install-k3s.sh",
      await node.publish("v1.34.9+k3s1"),
      "K4",
      "v1.35.4+k3s1 is installed",
    );
    await node.must("mv /root/k3s /usr/local/bin/k3s");
  });

  test("one minor version up replaces the running one, and keeps the one before", async () => {
    const before = await node.pid();
    expect(await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"))).toEqual(
      expect.arrayContaining([
        "changed: /usr/local/bin/k3s v1.36.2+k3s1, before it v1.35.4+k3s1",
        "changed: k3s.service is started",
      ]),
    );
    expect(await node.pid()).not.toBe(before);
    expect(await node.version()).toBe("k3s version v1.36.2+k3s1 (0123abcd)");
    expect(await node.must("/usr/local/bin/k3s.previous --version | head -n 1")).toContain("v1.35.4+k3s1");
    expect(
      await node.must("k3s kubectl get node server-1 -o jsonpath='{.status.nodeInfo.kubeletVersion}'"),
    ).toBe("v1.36.2+k3s1");
  });

  test("that was given an argument which no kubelet knows is refused with K3s' own words (K2)", async () => {
    const settings = reconfigure(bootstrapServer, (config) =>
      config.replace("kubelet-arg:\n", "kubelet-arg:\n  - max-parallel-image-pulls=3\n"),
    );
    await node.must("systemctl stop k3s");
    await node.changesOf("configure-k3s.sh", settings);
    const { status, stderr } = await node.script("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining("unknown flag: --max-parallel-image-pulls"),
    ]);
    expect(stderr).toMatch(/REFUSED \(K2\): the kubelet of v1\.36\.2\+k3s1 does not know an argument/);
    await node.must("systemctl stop k3s");
    await node.changesOf("configure-k3s.sh", configure());
  });

  test("that does not start shows why, without the token (C5)", async () => {
    await node.must("touch /opt/broken; systemctl stop k3s");
    const { status, stderr } = await node.script("install-k3s.sh", {
      ...(await node.publish("v1.36.2+k3s1")),
      WAIT_SECONDS: 5,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining("cannot start with token …")]);
    expect(stderr).toContain("k3s.service is not up after 5 s");
    await node.must("rm /opt/broken");
  });
});

describe.each([
  ["Debian 12", "bookworm"],
  ["Ubuntu 22.04", "jammy"],
  ["Ubuntu 24.04", "noble"],
] as const)("%s", (_, system) => {
  const missing = whyNoMember(system);
  if (missing !== undefined) console.warn(`skipped: ${missing}`);

  test.skipIf(missing !== undefined)("takes the same; the second run changes nothing", async () => {
    const other = await Member.start("server-1", system);
    try {
      const release = await other.publish("v1.36.2+k3s1");
      await other.changesOf("configure-k3s.sh", configure());
      expect(await other.changesOf("install-k3s.sh", release)).toContain("changed: k3s.service is started");
      expect(await other.changesOf("configure-k3s.sh", configure())).toEqual([]);
      expect(await other.changesOf("install-k3s.sh", release)).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});
