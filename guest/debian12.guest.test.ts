// All steps of an agent on a real Debian 12 without AVX, in a virtual machine as in debian13.guest.test.ts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Node } from "../config/lab.ts";
import { lab } from "./testing/k3s/member.ts";
import { whyNoImage } from "./testing/vm/image.ts";
import { VirtualNode } from "./testing/vm/node.ts";

const missing = whyNoImage("bookworm");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)("Debian 12", () => {
  let node: VirtualNode;
  beforeAll(async () => {
    node = await VirtualNode.start("bookworm", lab.agents[1] as Node, "qemu64");
  });
  afterAll(() => node?.stop());

  test("has only the given host key, and no account has a password", () => node.hasNoPasswords());

  test("fails the CPU gate without AVX (C1)", async () => {
    const { status, stderr } = await node.script("verify-cpu.sh", node.verifyCpu());
    expect(status).toBe(1);
    expect(stderr).toMatch(/REFUSED \(C1\).*QEMU Virtual CPU.*avx avx2[\s\S]*fix: .*lab:nodes\.worker-2/);
  });

  test("becomes an agent, and changes nothing on a second run", async () => {
    expect(await node.prepare()).not.toEqual([]);
    await node.isPrepared();
    expect(await node.prepare()).toEqual([]);
  });
});
