import pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { findCli } from "../rehearsal/cli.ts";
import { openStack } from "../rehearsal/engine.ts";

/** A preview, judged by the pack, of a program that declares a cluster with these servers. Answers its message. */
function preview(servers: string[], exemptions: object[] = []): Promise<string> {
  const inputs = { version: "v1.36.2+k3s1", kubeletDirectory: "/var/lib/kubelet", servers };
  return previewOf([["lab:k3s:Cluster", "cluster", inputs]], exemptions);
}

/** A preview of a program that declares these; each a component, whatever its type, so that no provider is asked. */
async function previewOf(
  components: readonly (readonly [type: string, name: string, inputs: object])[],
  exemptions: object[] = [],
): Promise<string> {
  const stack = await openStack({
    cli: await findCli(),
    stack: "policed",
    values: { exemptions },
    secrets: {},
    debugProviders: "",
    program: async () => {
      for (const [type, name, inputs] of components) new Declared(type, name, inputs);
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

class Declared extends pulumi.ComponentResource {
  constructor(type: string, name: string, inputs: object) {
    super(type, name, inputs);
    // Of a component, a stack policy is shown these and no inputs.
    this.registerOutputs({ done: true });
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

  test("judges resources together by what they were registered with", async () => {
    const selector = { matchLabels: { "homelab/bgp": "peer" } };
    const labels = { "homelab/bgp": "peer" };
    const message = await previewOf([
      [
        "kubernetes:cilium.io/v2:CiliumBGPClusterConfig",
        "bgp",
        { metadata: { name: "bgp" }, spec: { nodeSelector: selector } },
      ],
      ["lab:node:Node", "k3s2", { role: "agent", labels }],
      ["lab:node:Node", "k3s3", { role: "agent", labels: {} }],
    ]);
    expect(message).toContain("preview failed");
    expect(message).toContain("k3s3.labels = {} does not match homelab/bgp=peer");
    expect(message).not.toContain("k3s2.labels");
  });
});
