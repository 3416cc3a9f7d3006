// All steps of an agent on Ubuntu, in virtual machines as for Debian. On a Debian host it needs an Ubuntu mirror in
// HOMELAB_UBUNTU_MIRROR, and Ubuntu's keyring.
import { afterEach, describe, expect, test } from "vitest";
import type { Node } from "../config/lab.ts";
import { lab } from "./testing/k3s/member.ts";
import { whyNoImage } from "./testing/vm/image.ts";
import { VirtualNode } from "./testing/vm/node.ts";

describe.each(["jammy", "noble"] as const)("Ubuntu %s", (release) => {
  const missing = whyNoImage(release);
  if (missing !== undefined) console.warn(`skipped: ${missing}`);

  let node: VirtualNode;
  afterEach(() => node?.stop());

  test.skipIf(missing !== undefined)("becomes an agent, and changes nothing on a second run", async () => {
    node = await VirtualNode.start(release, lab.agents[0] as Node, "max");
    expect((await node.script("verify-cpu.sh", node.verifyCpu())).status).toBe(0);
    expect(await node.prepare()).not.toEqual([]);
    await node.isPrepared();
    expect(await node.prepare()).toEqual([]);
  });
});
