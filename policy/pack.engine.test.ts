import command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { clusterType } from "../components/k3s/changes.ts";
import { preparedNodeType } from "../components/node/preparedNodeType.ts";
import { storageType } from "../components/storage/storageClasses.ts";
import { findCli } from "../rehearsal/cli.ts";
import { openStack } from "../rehearsal/engine.ts";
import { openLab } from "../rehearsal/openLab.ts";

/** A preview, judged by the pack, of a program that declares a cluster with these servers. Answers its message. */
function preview(servers: string[], exemptions: object[] = []): Promise<string> {
  const inputs = { version: "v1.36.2+k3s1", kubeletDirectory: "/var/lib/kubelet", servers };
  return previewOf([[clusterType, "cluster", inputs]], exemptions);
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
  constructor(type: string, name: string, inputs: object, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, inputs, opts);
    // Of a component, a stack policy is shown these and no inputs.
    this.registerOutputs({ done: true });
  }
}

describe("the pack on the real engine", () => {
  test("blocks a preview, with lesson and fix", async () => {
    const message = await preview(["one", "two"]);
    expect(message).toContain("preview failed");
    expect(message).toContain("cluster.servers = 2 is no odd number of three or more (K1)");
    expect(message).toContain("fix: make three nodes servers");
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
      [preparedNodeType, "k3s2", { role: "agent", labels }],
      [preparedNodeType, "k3s3", { role: "agent", labels: {} }],
    ]);
    expect(message).toContain("preview failed");
    expect(message).toContain("k3s3.labels = {} does not match homelab/bgp=peer");
    expect(message).not.toContain("k3s2.labels");
  });
});

/** What a preview says of a claim on Longhorn, and of a pod in a component that claims, when they wait for these. */
async function previewOfClaim(
  wait: (
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
      new Declared(preparedNodeType, "k3s1", { role: "agent", cores: 4, memoryMiB: 8192, labels, disks });
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
      const storage = new Declared(storageType, "storage", { reservePercent: 30 });
      new command.remote.Command(
        "storage-canary",
        {
          connection: { host: "10.88.145.190", hostKey: "ssh-ed25519 AAAA" },
          create: "sudo /opt/homelab/guest/verify-storage.sh",
          stdin: "CLASSES=longhorn\n",
        },
        { parent: storage },
      );
      const dependsOn = wait(storage, provider);
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

describe("what claims storage, on the real engine", () => {
  test("is refused where it does not wait for the canary, nor does what runs in a component that does", async () => {
    const message = await previewOfClaim(() => ({ claim: [], pod: [] }));
    expect(message).toContain(
      "wiki.dependsOn claims volumes of longhorn and waits for nothing that waits for storage-canary",
    );
    expect(message).toContain("app-pod.dependsOn claims volumes of longhorn, by app,");
    expect(message).toContain("(S11)");
  });

  test("passes where it waits: for the component of the canary, or for something that waits", async () => {
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
