// The scripts on the real K3s, if this machine has it: proves what the fake K3s only imitates.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifySettings } from "../components/k3s/k3sSteps.ts";
import { bootstrapServer, configure, lab, Member } from "./testing/k3s/member.ts";
import { realRelease, whyNoRealK3s } from "./testing/k3s/realK3s.ts";

const missing = whyNoRealK3s();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;
let release: ReturnType<typeof realRelease>;
const snapshots = "/var/lib/rancher/k3s/server/db/snapshots";
const marker = () => node.run("k3s kubectl get configmap marker -o jsonpath={.data.value}");
const mark = (value: string) =>
  node.run(
    `k3s kubectl create configmap marker --from-literal=value=${value} --dry-run=client -o json | k3s kubectl apply -f -`,
  );

describe.skipIf(missing !== undefined)("the real K3s", () => {
  beforeAll(async () => {
    release = realRelease();
    node = await Member.real(bootstrapServer, release.folder);
  });
  afterAll(async () => {
    await node?.stop();
    if (release !== undefined) rmSync(release.folder, { recursive: true, force: true });
  });

  test("starts with the program's configuration, and a second run changes nothing", async () => {
    await node.changesOf("configure-k3s.sh", configure());
    expect(await node.changesOf("install-k3s.sh", release.settings)).toContain(
      "changed: k3s.service started",
    );
    expect(await node.changesOf("install-k3s.sh", release.settings)).toEqual([]);
    expect(await node.changesOf("configure-k3s.sh", configure())).toEqual([]);
  });

  test("passes kubelet.yaml to its kubelet", async () => {
    const configz = await node.run(
      `k3s kubectl get --raw /api/v1/nodes/${bootstrapServer.name}/proxy/configz`,
    );
    const { kubeletconfig } = JSON.parse(configz) as { kubeletconfig: Record<string, unknown> };
    expect(kubeletconfig).toMatchObject({
      maxParallelImagePulls: 3,
      serializeImagePulls: false,
      containerLogMaxSize: "10Mi",
      evictionHard: { "nodefs.available": "10%" },
    });
  });

  test("passes verify-k3s.sh: its member votes, and its kubelet directory is detected (K1, K3)", async () => {
    const settings = {
      ...verifySettings(lab),
      VERSION: String(release.settings.VERSION),
      EXPECTED_SERVERS: bootstrapServer.name,
      EXPECTED_NODES: bootstrapServer.name,
      WAIT_SECONDS: 120,
    };
    const { status, stdout, stderr } = await node.script("verify-k3s.sh", settings);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("1 servers vote in etcd");
    await node.refuses(
      "verify-k3s.sh",
      { ...settings, KUBELET_DIR: "/data/kubelet" },
      "K3",
      `the kubelet uses ${lab.config.cluster.kubeletDirectory}`,
    );
  });

  test("is restored from a compressed snapshot that it took itself (k3s-io/k3s#14526)", async () => {
    await mark("first");
    await node.run("k3s etcd-snapshot save --etcd-s3=false");
    const file = await node.run(`ls ${snapshots}/*.zip | tail -n 1`);
    await mark("second");
    await node.changesOf("restore-etcd.sh", {
      CONFIRM: bootstrapServer.name,
      WAIT_SECONDS: 300,
      SNAPSHOT: file,
      OVERWRITE: "yes",
    });
    expect(await marker()).toBe("first");
  });

  test("is reset with its own datastore without loss of data", async () => {
    await mark("third");
    await node.run("systemctl stop k3s");
    await node.changesOf("restore-etcd.sh", { CONFIRM: bootstrapServer.name, WAIT_SECONDS: 300 });
    expect(await marker()).toBe("third");
  });
});
