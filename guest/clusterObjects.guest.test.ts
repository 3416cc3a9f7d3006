// What is applied to the cluster from its first server: definitions, disks, and the wait for Ready nodes, on the real
// API server.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Settings } from "../components/node/guestSettings.ts";
import { declareDisksSettings } from "../components/storage/longhornSteps.ts";
import { configure, lab, Member, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

/** A definition as small as the API takes one; `field` makes another one of it. */
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

describe.skipIf(missing !== undefined)("on the first server", () => {
  let node: Member;
  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.must("cat > /opt/members", "worker-1 agent v1.36.2+k3s1\n");
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  describe("definitions", () => {
    /** Puts files where the node downloads them from, and gives the settings that apply them. */
    async function publish(version: string, files: Readonly<Record<string, string>>): Promise<Settings> {
      const entries = [];
      for (const [name, content] of Object.entries(files)) {
        await node.must(`mkdir -p /srv/crds && cat > /srv/crds/${name}`, content);
        entries.push(`file:///srv/crds/${name}@${createHash("sha256").update(content).digest("hex")}`);
      }
      return { NAME: "test-set", VERSION: version, FILES: entries, WAIT_SECONDS: 60 };
    }
    const generations = () =>
      node.must(
        "k3s kubectl get crd -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.generation} {.metadata.annotations.lab\\.home/crds}{\"\\n\"}{end}'",
      );

    test("are applied, served and marked with their version; the second run changes nothing", async () => {
      const settings = await publish("v1.2.0", { "a.yaml": definition("as"), "b.yaml": definition("bs") });
      expect(await node.changesOf("apply-crds.sh", settings)).toEqual([
        "changed: as.lab.test v1.2.0",
        "changed: bs.lab.test v1.2.0",
      ]);
      expect(await generations()).toBe("as.lab.test 1 test-set@v1.2.0\nbs.lab.test 1 test-set@v1.2.0");
      expect(await node.must("k3s kubectl get as.lab.test")).toBe("");
      expect(await node.changesOf("apply-crds.sh", settings)).toEqual([]);
    });

    test("of a later version take the place of the earlier", async () => {
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

    test("never go down (C2)", async () => {
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

    test("that changed since they were written down are not applied, nor any beside them (P3)", async () => {
      const settings = await publish("v1.11.0", {
        "a.yaml": definition("as", "colour"),
        "c.yaml": definition("cs"),
      });
      await node.must("echo '# one more line' >> /srv/crds/c.yaml");
      const before = await generations();
      await node.refuses("apply-crds.sh", settings, "P3", "c.yaml has the SHA-256", "nothing was applied");
      expect(await generations()).toBe(before);
    });

    test("that cannot be downloaded are named (I3)", async () => {
      const settings = await publish("v1.11.0", { "a.yaml": definition("as") });
      const gone = { ...settings, FILES: [`file:///srv/crds/gone.yaml@${"0".repeat(64)}`] };
      await node.refuses("apply-crds.sh", gone, "I3", "gone.yaml cannot be downloaded");
    });

    test("that the API does not take are refused in its own words (G3)", async () => {
      const settings = await publish("v1.11.0", {
        "d.yaml": definition("ds").replace("type: object", "type: thing"),
      });
      await node.refuses("apply-crds.sh", settings, "G3", "the API refuses definitions");
    });
  });

  describe("disks", () => {
    const worker = lab.agents[0];
    if (worker === undefined) throw new Error("the homelab has workers");
    const settings = declareDisksSettings(lab, worker);

    test("are declared on the node object, once", async () => {
      expect(await node.changesOf("declare-disks.sh", settings)).toEqual(["changed: the disks of worker-1"]);
      const declared = await node.must(
        "k3s kubectl get node worker-1 -o jsonpath='{.metadata.annotations.node\\.longhorn\\.io/default-disks-config}'",
      );
      expect(JSON.parse(declared)).toEqual([
        expect.objectContaining({ name: "data1", path: "/mnt/longhorn/data1" }),
      ]);
      expect(await node.changesOf("declare-disks.sh", settings)).toEqual([]);
    });

    test("of a node that is none, and with an identity of somebody else's, are refused (K6, S5)", async () => {
      await node.refuses("declare-disks.sh", { ...settings, NODE_NAME: "worker-9" }, "K6", "is no node");
      const foreign = Buffer.from('[{"path":"/mnt/x","diskUUID":"1"}]').toString("base64");
      await node.refuses("declare-disks.sh", { ...settings, DISKS_B64: foreign }, "S5", "diskUUID");
    });
  });

  test("a label is one node's alone, also after a move and with another value than it should have (D1)", async () => {
    const label = (NODE_NAME: string) => ({ LABEL: "elasticsearch", VALUE: "true", NODE_NAME });
    const carriers = () =>
      node.must(
        "k3s kubectl get nodes -l elasticsearch -o jsonpath='{range .items[*]}{.metadata.name}={.metadata.labels.elasticsearch} {end}'",
      );
    expect(await node.changesOf("label-node.sh", label("worker-1"))).toEqual([
      "changed: worker-1 is elasticsearch=true",
    ]);
    expect(await node.changesOf("label-node.sh", label("worker-1"))).toEqual([]);
    expect(await node.changesOf("label-node.sh", label("server-1"))).toEqual([
      "changed: worker-1 is no longer elasticsearch",
      "changed: server-1 is elasticsearch=true",
    ]);
    await node.must("k3s kubectl label --overwrite node server-1 elasticsearch=no");
    expect(await node.changesOf("label-node.sh", label("server-1"))).toEqual([
      "changed: server-1 is elasticsearch=true",
    ]);
    await node.refuses("label-node.sh", label("worker-9"), "D1", "worker-9 is no node of the cluster");
    expect(await carriers()).toBe("server-1=true");
  });

  test("nodes are waited for until they are Ready, and each that is not says why (N3)", async () => {
    const settings = { EXPECTED_NODES: ["server-1", "worker-1"], WAIT_SECONDS: 2 };
    await node.refuses("verify-ready.sh", settings, "N3", "worker-1: ", "cni plugin not initialized");
    for (const name of settings.EXPECTED_NODES)
      await node.must(
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
