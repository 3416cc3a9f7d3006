// What an agent goes through on a real Debian 13 with AVX, booted with the program's own user data and reached over real
// SSH. Under QEMU's emulation, since no hardware virtualisation is asked for: minutes, where a real machine takes seconds.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Node } from "../config/lab.ts";
import { lab } from "./testing/k3s/member.ts";
import { whyNoImage } from "./testing/vm/image.ts";
import { changes, VirtualNode } from "./testing/vm/node.ts";

const missing = whyNoImage("trixie");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("Debian 13", () => {
  let node: VirtualNode;
  beforeAll(async () => {
    node = await VirtualNode.start("trixie", lab.agents[0] as Node, "max");
  });
  afterAll(() => node?.stop());

  test("starts with user data in which cloud-init finds no fault", async () => {
    expect(await node.command("sudo cloud-init schema --system 2>&1")).toMatch(/Valid schema user-data/);
  });

  test("has the host key that it was given, and no other; nobody has a password", () => node.isLocked());

  test("passes the CPU gate (C1)", async () => {
    const { status, stdout } = await node.script("verify-cpu.sh", node.verifyCpu());
    expect([status, stdout]).toEqual([0, expect.stringMatching(/unchanged: .*avx avx2/)]);
  });

  test("is not prepared on a root filesystem that is full, and nothing is changed", async () => {
    await node.command(
      "sudo fallocate -l $(( $(df --output=avail -B1 / | tail -n 1) - 1000000000 )) /full && touch /tmp/before",
    );
    const { status, stderr } = await node.script("prepare-node.sh", node.prepareNode());
    const after = await node.command(
      "sudo find /etc /home /var/lib/dpkg/info -newer /tmp/before -type f; sudo rm /full",
    );
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/REFUSED \(K7\): the filesystem of \/ has \d+ MiB free[\s\S]*fix: /),
    ]);
    expect(after).toBe("");
  });

  test("becomes an agent", async () => {
    expect(await node.prepare()).not.toEqual([]);
    await node.isPrepared();
  });

  test("takes other keys as a whole (C5), and fixes what somebody turned back by hand", async () => {
    const other = await node.machine.makeKey();
    const login = async () => (await node.machine.ssh("true", { seconds: 600, key: other.name })).status;
    expect(await login()).toBe(255);
    const keys = [node.machine.publicKey, other.publicKey];
    await node.script("prepare-node.sh", node.prepareNode(keys));
    expect(await login()).toBe(0);

    await node.command(
      "sudo sysctl -q vm.max_map_count=65530 && sudo systemctl disable -q --now iscsid.service",
    );
    const { stdout } = await node.script("prepare-node.sh", node.prepareNode());
    expect(changes(stdout)).toEqual([
      "prepare-node: changed: /home/lab/.ssh/authorized_keys",
      "prepare-node: changed: iscsid.service is enabled and running",
      "prepare-node: changed: 9 kernel settings",
    ]);
    expect(await login()).toBe(255);
  });

  test("is an agent after a reboot still, and nothing is left to do", async () => {
    await node.command("echo kept | sudo tee /mnt/longhorn/data1/kept");
    await node.machine.reboot(1200);
    await node.isPrepared();
    expect(await node.command("cat /mnt/longhorn/data1/kept")).toBe("kept");
    expect(await node.prepare()).toEqual([]);
  });
});
