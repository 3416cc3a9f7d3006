// Scripts that apply objects to the cluster from its first server (definitions, disks, labels) and wait for Ready nodes, on
// the real API server.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../components/node/guestSettings.ts";
import { declareDisksSettings } from "../components/storage/longhornSteps.ts";
import { configure, lab, Member, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

/** A minimal definition that the API server accepts; another `field` makes it a different one. */
const definition = (plural: string, field = "size") => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.lab.test }
spec:
  group: lab.test
  scope: Cluster
  names: { plural: ${plural}, singular: ${plural}x, kind: ${plural.toUpperCase()}, listKind: ${plural.toUpperCase()}List }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { ${field}: { type: string } } } }
`;

describe.skipIf(missing !== undefined)("scripts on the first server", () => {
  let node: Member;
  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.run("cat > /opt/members", "worker-1 agent v1.36.2+k3s1\n");
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  describe("apply-crds.sh", () => {
    /** Writes files where the node downloads them from, and returns the settings that apply them. */
    async function publish(version: string, files: Readonly<Record<string, string>>): Promise<Settings> {
      const entries = [];
      for (const [name, content] of Object.entries(files)) {
        await node.run(`mkdir -p /srv/crds && cat > /srv/crds/${name}`, content);
        entries.push(`file:///srv/crds/${name}@${createHash("sha256").update(content).digest("hex")}`);
      }
      return { NAME: "test-set", VERSION: version, FILES: entries, WAIT_SECONDS: 60 };
    }
    const generations = () =>
      node.run(
        "k3s kubectl get crd -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.generation} {.metadata.annotations.lab\\.home/crds}{\"\\n\"}{end}'",
      );

    test("applies definitions, annotates them with their version, and changes nothing on a second run", async () => {
      const settings = await publish("v1.2.0", { "a.yaml": definition("as"), "b.yaml": definition("bs") });
      expect(await node.changesOf("apply-crds.sh", settings)).toEqual([
        "changed: as.lab.test v1.2.0",
        "changed: bs.lab.test v1.2.0",
      ]);
      expect(await generations()).toBe("as.lab.test 1 test-set@v1.2.0\nbs.lab.test 1 test-set@v1.2.0");
      expect(await node.run("k3s kubectl get as.lab.test")).toBe("");
      expect(await node.changesOf("apply-crds.sh", settings)).toEqual([]);
    });

    test("replaces definitions by those of a later version", async () => {
      const settings = await publish("v1.10.0", {
        "a.yaml": definition("as", "weight"),
        "b.yaml": definition("bs"),
      });
      expect(await node.changesOf("apply-crds.sh", settings)).toEqual([
        "changed: as.lab.test v1.10.0",
        "changed: bs.lab.test v1.10.0",
      ]);
      expect(await generations()).toContain("as.lab.test 2 test-set@v1.10.0");
    });

    test("refuses an older version (C2)", async () => {
      const before = await generations();
      const settings = await publish("v1.9.3", { "a.yaml": definition("as"), "b.yaml": definition("bs") });
      await node.refuses(
        "apply-crds.sh",
        settings,
        "C2",
        "as.lab.test is at test-set v1.10.0",
        "v1.9.3 is older",
      );
      expect(await generations()).toBe(before);
    });

    test("refuses all files if the checksum of one differs (P3)", async () => {
      const settings = await publish("v1.11.0", {
        "a.yaml": definition("as", "colour"),
        "c.yaml": definition("cs"),
      });
      await node.run("echo '# one more line' >> /srv/crds/c.yaml");
      const before = await generations();
      await node.refuses(
        "apply-crds.sh",
        settings,
        "P3",
        "the SHA-256 of file:///srv/crds/c.yaml is",
        "nothing was applied",
      );
      expect(await generations()).toBe(before);
    });

    test("names a file that cannot be downloaded (I3)", async () => {
      const settings = await publish("v1.11.0", { "a.yaml": definition("as") });
      const missing = { ...settings, FILES: [`file:///srv/crds/missing.yaml@${"0".repeat(64)}`] };
      await node.refuses("apply-crds.sh", missing, "I3", "missing.yaml cannot be downloaded");
    });

    test("reports the error of the API server for an invalid definition (G3)", async () => {
      const settings = await publish("v1.11.0", {
        "d.yaml": definition("ds").replace("type: object", "type: thing"),
      });
      await node.refuses("apply-crds.sh", settings, "G3", "the API server rejects definitions");
    });
  });

  describe("declare-disks.sh", () => {
    const worker = lab.agents[0];
    if (worker === undefined) throw new Error("the homelab has no workers");
    const settings = declareDisksSettings(lab, worker);

    test("declares disks on the Node object, and changes nothing on a second run", async () => {
      expect(await node.changesOf("declare-disks.sh", settings)).toEqual(["changed: the disks of worker-1"]);
      const declared = await node.run(
        "k3s kubectl get node worker-1 -o jsonpath='{.metadata.annotations.node\\.longhorn\\.io/default-disks-config}'",
      );
      expect(JSON.parse(declared)).toEqual([
        expect.objectContaining({ name: "data1", path: "/mnt/longhorn/data1" }),
      ]);
      expect(await node.changesOf("declare-disks.sh", settings)).toEqual([]);
    });

    test("refuses an unknown node and a disk with a diskUUID (K6, S5)", async () => {
      await node.refuses("declare-disks.sh", { ...settings, NODE_NAME: "worker-9" }, "K6", "is not a node");
      const foreign = Buffer.from('[{"path":"/mnt/x","diskUUID":"1"}]').toString("base64");
      await node.refuses("declare-disks.sh", { ...settings, DISKS_B64: foreign }, "S5", "diskUUID");
    });
  });

  test("label-node.sh sets a label on exactly one node, also after a move and for another value (D1)", async () => {
    const label = (NODE_NAME: string) => ({ LABEL: "elasticsearch", VALUE: "true", NODE_NAME });
    const carriers = () =>
      node.run(
        "k3s kubectl get nodes -l elasticsearch -o jsonpath='{range .items[*]}{.metadata.name}={.metadata.labels.elasticsearch} {end}'",
      );
    expect(await node.changesOf("label-node.sh", label("worker-1"))).toEqual([
      "changed: worker-1 has the label elasticsearch=true",
    ]);
    expect(await node.changesOf("label-node.sh", label("worker-1"))).toEqual([]);
    expect(await node.changesOf("label-node.sh", label("server-1"))).toEqual([
      "changed: label elasticsearch removed from worker-1",
      "changed: server-1 has the label elasticsearch=true",
    ]);
    await node.run("k3s kubectl label --overwrite node server-1 elasticsearch=no");
    expect(await node.changesOf("label-node.sh", label("server-1"))).toEqual([
      "changed: server-1 has the label elasticsearch=true",
    ]);
    await node.refuses("label-node.sh", label("worker-9"), "D1", "worker-9 is not a node of the cluster");
    expect(await carriers()).toBe("server-1=true");
  });

  test("verify-ready.sh waits for Ready nodes, and reports the reason of each one that is not (N3)", async () => {
    const settings = { EXPECTED_NODES: ["server-1", "worker-1"], WAIT_SECONDS: 2 };
    await node.refuses("verify-ready.sh", settings, "N3", "worker-1: ", "cni plugin not initialized");
    for (const name of settings.EXPECTED_NODES)
      await node.run(
        `k3s kubectl patch node ${name} --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`,
      );
    expect(await node.changesOf("verify-ready.sh", settings)).toEqual([]);
    await node.refuses(
      "verify-ready.sh",
      { ...settings, EXPECTED_NODES: ["worker-7"] },
      "N3",
      "worker-7: is not registered",
    );
  });
});
