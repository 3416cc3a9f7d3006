import pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { findCli } from "../rehearsal/cli.ts";
import { openStack } from "../rehearsal/engine.ts";

/** A preview, judged by the pack, of a program that declares a cluster with these servers. Answers its message. */
async function preview(servers: string[], exemptions: object[] = []): Promise<string> {
  const stack = await openStack({
    cli: await findCli(),
    stack: "policed",
    values: { exemptions },
    secrets: {},
    debugProviders: "",
    program: async () => {
      const inputs = { version: "v1.36.2+k3s1", kubeletDirectory: "/var/lib/kubelet", servers };
      new pulumi.ComponentResource("lab:k3s:Cluster", "cluster", inputs);
    },
  });
  try {
    return await stack.preview().then(
      ({ stdout }) => stdout,
      (error: Error) => error.message,
    );
  } finally {
    await stack.close();
  }
}

describe("the pack on the real engine", () => {
  test("blocks a preview, with lesson and mend", async () => {
    const message = await preview(["one", "two"]);
    expect(message).toContain("preview failed");
    expect(message).toContain("cluster.servers = 2 is no odd number of three or more (K1)");
    expect(message).toContain("mend: make three nodes servers");
  });

  test("lets by what is right", async () =>
    expect(await preview(["one", "two", "three"])).toContain("✅ homelab-guard"));

  test("lets by what the stack exempts, with its reason", async () =>
    expect(
      await preview(["one"], [{ lesson: "K1", reason: "one machine of bare metal; two more are to come" }]),
    ).toContain("✅ homelab-guard"));
});
