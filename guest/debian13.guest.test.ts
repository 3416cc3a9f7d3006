// All steps of an agent on a real Debian 13 with AVX, booted with the program's own user data and reached over real SSH.
// Under QEMU's software emulation, because hardware virtualisation may be missing: minutes instead of seconds.
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

  test("boots with user data that is valid for cloud-init", async () => {
    expect(await node.command("sudo cloud-init schema --system 2>&1")).toMatch(/Valid schema user-data/);
  });

  test("has only the given host key, and no account has a password", () => node.hasNoPasswords());

  test("passes the CPU gate (C1)", async () => {
    const { status, stdout } = await node.script("verify-cpu.sh", node.verifyCpu());
    expect([status, stdout]).toEqual([0, expect.stringMatching(/unchanged: .*avx avx2/)]);
  });

  test("prepare-node.sh refuses a full root filesystem, and changes nothing (K7)", async () => {
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

  test("replaces all authorized keys (C5), and restores settings that were changed manually", async () => {
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

  test("is still a prepared agent after a reboot, and changes nothing", async () => {
    await node.command("echo kept | sudo tee /mnt/longhorn/data1/kept");
    await node.machine.reboot(1200);
    await node.isPrepared();
    expect(await node.command("cat /mnt/longhorn/data1/kept")).toBe("kept");
    expect(await node.prepare()).toEqual([]);
  });
});
