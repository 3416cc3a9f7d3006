// What an agent goes through on real Debians, booted with the program's own user data and reached over real SSH. Under
// QEMU's emulation, since no hardware virtualisation is asked for: minutes, where a real machine takes seconds.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestDirectory } from "../components/node/guestBundle.ts";
import { renderSettings, type Settings } from "../components/node/settings.ts";
import type { Node } from "../config/lab.ts";
import { lab } from "./testing/k3s/member.ts";
import { whyNoImage } from "./testing/vm/image.ts";
import { changes, VirtualNode } from "./testing/vm/node.ts";

const missing = whyNoImage("trixie") ?? whyNoImage("bookworm");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("Debian 13 with AVX, and Debian 12 without", () => {
  let debian13: VirtualNode;
  let debian12: VirtualNode;
  const both = () => [debian13, debian12];

  beforeAll(async () => {
    const [one, other] = lab.agents as readonly [Node, Node];
    debian13 = await VirtualNode.start("trixie", one, "max");
    debian12 = await VirtualNode.start("bookworm", other, "qemu64");
    await Promise.all(both().map((node) => node.boot()));
  });
  afterAll(async () => {
    await debian13?.stop();
    await debian12?.stop();
  });

  describe("first boot", () => {
    test("cloud-init finds no fault with the user data", async () => {
      expect(await debian13.command("sudo cloud-init schema --system 2>&1")).toMatch(
        /Valid schema user-data/,
      );
    });

    test("the host has the key that it was given, and no other", async () => {
      for (const node of both())
        expect(await node.command("ls /etc/ssh/ssh_host_*_key")).toBe("/etc/ssh/ssh_host_ed25519_key");
    });

    test("nobody has a password", async () => {
      for (const node of both())
        expect(await node.command(`sudo awk -F: '$2 !~ /^[!*]/ { print $1 }' /etc/shadow`)).toBe("");
    });
  });

  describe("the CPU gate (C1)", () => {
    test("lets a machine with AVX pass", async () => {
      const { status, stdout } = await debian13.script("verify-cpu.sh", debian13.verifyCpu());
      expect([status, stdout]).toEqual([0, expect.stringMatching(/unchanged: .*avx avx2/)]);
    });

    test("stops a machine without", async () => {
      const { status, stderr } = await debian12.script("verify-cpu.sh", debian12.verifyCpu());
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /REFUSED \(C1\).*QEMU Virtual CPU.*avx avx2[\s\S]*mend: .*lab:nodes\.k3s-worker02/,
      );
    });
  });

  describe("preparation refuses, and changes nothing:", () => {
    const changed = () =>
      debian13.command("sudo find /etc /home /var/lib/dpkg/info -newer /tmp/before -type f | sort");

    test.each<[string, string, () => Settings]>([
      [
        "keys that are none",
        "REFUSED (C5): line 1 of the keys",
        () => debian13.prepareNode(["ssh-ed25519 banana"]),
      ],
      ["no key at all", "REFUSED (C5): no key would be left", () => debian13.prepareNode([])],
      [
        "an account that is not there",
        "REFUSED (C5): there is no account nobody-here",
        () => ({ ...debian13.prepareNode(), USER_NAME: "nobody-here" }),
      ],
      [
        "a limit that is none",
        "REFUSED (K7): 'much' is no size",
        () => ({ ...debian13.prepareNode(), JOURNAL_MAX: "much" }),
      ],
    ])("%s", async (_, reason, settings) => {
      await debian13.command("touch /tmp/before");
      const { status, stderr } = await debian13.script("prepare-node.sh", settings());
      expect([status, stderr]).toEqual([1, expect.stringContaining(reason)]);
      expect(stderr).toContain("mend:");
      expect(await changed()).toBe("");
    });

    test("a root filesystem that is full", async () => {
      await debian13.command(
        "sudo fallocate -l $(( $(df --output=avail -B1 / | tail -n 1) - 1000000000 )) /full && touch /tmp/before",
      );
      const { status, stderr } = await debian13.script("prepare-node.sh", debian13.prepareNode());
      const after = await changed();
      await debian13.command("sudo rm /full");
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/REFUSED \(K7\): the filesystem of \/ has \d+ MiB free[\s\S]*mend: /),
      ]);
      expect(after).toBe("");
    });

    test("an account without sudo", async () => {
      await debian13.command("touch /tmp/before");
      const { status, stderr } = await debian13.machine.ssh(`${guestDirectory}/prepare-node.sh`, {
        seconds: 600,
        input: renderSettings(debian13.prepareNode()),
      });
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/REFUSED \(C5\): this script runs as lab, not as root[\s\S]*mend: .*sudo/),
      ]);
      expect(await changed()).toBe("");
    });
  });

  describe("preparation", () => {
    test("makes agents of fresh machines", async () => {
      await Promise.all(
        both().map(async (node) => {
          expect(await node.prepare()).not.toEqual([]);
          await node.isPrepared();
        }),
      );
    });

    test("finds nothing to do the second time", async () => {
      expect(await Promise.all(both().map((node) => node.prepare()))).toEqual([[], []]);
      await debian12.stop();
    });

    test("replaces the keys that may log in, as a whole (C5), and mends what somebody turned back by hand", async () => {
      const other = await debian13.machine.makeKey();
      const login = async () =>
        (await debian13.machine.ssh("true", { seconds: 600, key: other.name })).status;
      expect(await login()).toBe(255);
      const keys = [debian13.machine.publicKey, other.publicKey];
      await debian13.script("prepare-node.sh", debian13.prepareNode(keys));
      expect(await login()).toBe(0);

      await debian13.command(
        "sudo sysctl -q vm.max_map_count=65530 && sudo systemctl disable -q --now iscsid.service",
      );
      const { stdout } = await debian13.script("prepare-node.sh", debian13.prepareNode());
      expect(changes(stdout)).toEqual([
        "prepare-node: changed: /home/lab/.ssh/authorized_keys",
        "prepare-node: changed: iscsid.service is enabled and running",
        "prepare-node: changed: 9 kernel settings",
      ]);
      expect(await login()).toBe(255);
    });

    test("is all still there after a reboot, and nothing is left to do", async () => {
      await debian13.command("echo kept | sudo tee /mnt/longhorn/data1/kept");
      await debian13.machine.reboot(1200);
      await debian13.isPrepared();
      expect(await debian13.command("cat /mnt/longhorn/data1/kept")).toBe("kept");
      expect(await debian13.prepare()).toEqual([]);
    });
  });
});
