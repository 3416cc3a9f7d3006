import command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { findCli } from "../rehearsal/cli.ts";
import { openStack } from "../rehearsal/engine.ts";
import { openLab } from "../rehearsal/openLab.ts";

/** The output of a preview with the pack, of a program that declares a cluster with these servers. */
function preview(servers: string[], exemptions: object[] = []): Promise<string> {
  const inputs = { version: "v1.36.2+k3s1", kubeletDirectory: "/var/lib/kubelet", servers };
  return previewOf([["lab:k3s:Cluster", "cluster", inputs]], exemptions);
}

/**
 * The output of a preview of a program that declares these resources. Each is a component, also for the types of other
 * providers, so that no provider is called.
 */
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
  constructor(type: string, name: string, inputs: object, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, inputs, opts);
    // The engine passes a component's outputs to a stack policy, and not its inputs.
    this.registerOutputs({ done: true });
  }
}

describe("policy pack on the real engine", () => {
  test("fails a preview with the lesson and the fix of a violation", async () => {
    const message = await preview(["one", "two"]);
    expect(message).toContain("preview failed");
    expect(message).toContain("cluster.servers = 2: is not an odd number of three or more (K1)");
    expect(message).toContain("fix: set role: server on three or five nodes");
  });

  test("accepts a valid program", async () =>
    expect(await preview(["one", "two", "three"])).toContain("✅ homelab-guard"));

  test("accepts a violation that the stack exempts", async () =>
    expect(
      await preview(["one"], [{ lesson: "K1", reason: "one bare-metal server; two more are ordered" }]),
    ).toContain("✅ homelab-guard"));

  test("runs stack policies on the inputs of the resources", async () => {
    const selector = { matchLabels: { "homelab/bgp": "peer" } };
    const labels = { "homelab/bgp": "peer" };
    const message = await previewOf([
      [
        "kubernetes:cilium.io/v2:CiliumBGPClusterConfig",
        "bgp",
        { metadata: { name: "bgp" }, spec: { nodeSelector: selector } },
      ],
      ["lab:node:PreparedNode", "k3s2", { role: "agent", labels }],
      ["lab:node:PreparedNode", "k3s3", { role: "agent", labels: {} }],
    ]);
    expect(message).toContain("preview failed");
    expect(message).toContain("k3s3.labels = {}: does not match homelab/bgp=peer");
    expect(message).not.toContain("k3s2.labels");
  });
});

/** The output of a preview of a Longhorn claim, and of a pod in a component with claims, with these dependencies. */
async function previewOfClaim(
  dependencies: (
    storage: pulumi.Resource,
    provider: kubernetes.Provider,
  ) => { readonly claim: pulumi.Resource[]; readonly pod: pulumi.Resource[] },
): Promise<string> {
  const { stack, close } = await openLab({
    program: async () => {
      const provider = new kubernetes.Provider("cluster", {
        kubeconfig: "{clusters: [{cluster: {server: https://10.0.0.1:6443}}]}",
      });
      const labels = { storage: "longhorn", "node.longhorn.io/create-default-disk": "config" };
      const disks = [{ name: "data1", sizeGiB: 100, tags: [] }];
      new Declared("lab:node:PreparedNode", "k3s1", {
        role: "agent",
        cores: 4,
        memoryMiB: 8192,
        labels,
        disks,
      });
      new kubernetes.storage.v1.StorageClass(
        "longhorn",
        {
          metadata: { name: "longhorn" },
          provisioner: "driver.longhorn.io",
          reclaimPolicy: "Retain",
          parameters: { numberOfReplicas: "1" },
        },
        { provider },
      );
      const storage = new Declared("lab:storage:Storage", "storage", { reservePercent: 30 });
      new command.remote.Command(
        "storage-canary",
        {
          connection: { host: "10.64.20.190", hostKey: "ssh-ed25519 AAAA" },
          create: "sudo /opt/homelab/guest/verify-storage.sh",
          stdin: "CLASSES=longhorn\n",
        },
        { parent: storage },
      );
      const dependsOn = dependencies(storage, provider);
      new kubernetes.core.v1.PersistentVolumeClaim(
        "wiki",
        {
          metadata: { name: "wiki", namespace: "wiki" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "longhorn",
            resources: { requests: { storage: "1Gi" } },
          },
        },
        { provider, protect: true, dependsOn: dependsOn.claim },
      );
      const claims = [{ storageClass: "longhorn", sizeGiB: 1, count: 1 }];
      const app = new Declared("lab:apps:App", "app", { claims }, { dependsOn: [storage] });
      new kubernetes.core.v1.Pod(
        "app-pod",
        {
          metadata: { name: "app", namespace: "wiki" },
          spec: { containers: [{ name: "app", image: "docker.io/library/ghost:6.0.0" }] },
        },
        { provider, parent: app, dependsOn: dependsOn.pod },
      );
    },
  });
  try {
    return await stack.preview().then(
      ({ stdout }) => stdout,
      (error: Error) => error.message,
    );
  } finally {
    await close();
  }
}

describe("storage claims on the real engine", () => {
  test("are rejected without a dependency on the storage canary, also where only the parent component has one", async () => {
    const message = await previewOfClaim(() => ({ claim: [], pod: [] }));
    expect(message).toContain(
      "wiki.dependsOn: has no dependency on storage-canary, directly or indirectly, although PersistentVolumeClaim wiki/wiki claims Longhorn volumes (longhorn)",
    );
    expect(message).toContain("app-pod.dependsOn: has no dependency on storage-canary");
    expect(message).toContain("(S11)");
  });

  test("are accepted with a dependency on the canary's component, or on a resource that has one", async () => {
    const message = await previewOfClaim((storage, provider) => {
      const waiting = new kubernetes.core.v1.ConfigMap(
        "waiting",
        { metadata: { name: "waiting", namespace: "wiki" } },
        { provider, dependsOn: [storage] },
      );
      return { claim: [storage], pod: [waiting] };
    });
    expect(message).toContain("✅ homelab-guard");
  });
});
