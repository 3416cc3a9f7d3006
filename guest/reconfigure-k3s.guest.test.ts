// Changing the configuration of a member that runs, under a real systemd.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bootstrapServer,
  configure,
  Member,
  reconfigure,
  whyNoMember,
  withAnotherToken,
  worker,
} from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("a configuration", () => {
  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  test("is readable by root alone", async () => {
    expect(
      await node.must("stat -c '%a %U' /etc/rancher/k3s/config.yaml /etc/rancher/k3s/registries.yaml"),
    ).toBe("600 root\n600 root");
  });

  test("that changed restarts K3s, and waits until it is ready", async () => {
    const before = await node.pid();
    const settings = reconfigure(
      bootstrapServer,
      (config) => `${config}kube-controller-manager-arg:\n  - v=2\n`,
    );
    expect(await node.changesOf("configure-k3s.sh", settings)).toContain("changed: k3s is restarted");
    expect(await node.pid()).not.toBe(before);
    expect(await node.must("k3s kubectl get --raw /readyz")).toBe("ok");
    expect(await node.changesOf("configure-k3s.sh", settings)).toEqual([]);
  });

  test("with another token is refused (K5)", () =>
    node.refuses("configure-k3s.sh", withAnotherToken(), "K5", "k3s#4640"));

  test("with another token is refused by the datastore's own, when the old file is gone (K5)", async () => {
    await node.must("mv /etc/rancher/k3s/config.yaml /root/");
    await node.refuses("configure-k3s.sh", withAnotherToken(), "K5");
    await node.must("mv /root/config.yaml /etc/rancher/k3s/");
  });

  test("with another kubelet directory is refused (K3)", () =>
    node.refuses(
      "configure-k3s.sh",
      reconfigure(bootstrapServer, (config) =>
        config.replace("root-dir=/var/lib/kubelet", "root-dir=/data/kubelet"),
      ),
      "K3",
      "from /var/lib/kubelet to /data/kubelet",
      "lab:cluster.kubeletDirectory: /var/lib/kubelet",
    ));

  test("with another data directory is refused (K3)", () =>
    node.refuses(
      "configure-k3s.sh",
      reconfigure(bootstrapServer, (config) => `data-dir: /data/k3s\n${config}`),
      "K3",
      "/data/k3s",
    ));

  test("of another role is refused (K1)", () =>
    node.refuses("configure-k3s.sh", configure(worker), "K1", "drain-node.sh"));

  test("founds a cluster once: a wiped bootstrap server joins the one that lives", async () => {
    const join = "cat /etc/rancher/k3s/config.yaml.d/50-join.yaml";
    expect(await node.must(join)).toBe("cluster-init: true");
    // The datastore is gone and the address answers: by another server, as this one's own API plays here.
    await node.must("mv /var/lib/rancher/k3s/server/db/etcd /root/etcd");
    const { stdout } = await node.script("configure-k3s.sh", configure());
    expect(stdout).toContain("this server joins it");
    expect(await node.must(join)).toBe("server: https://127.0.0.1:6443");
  });
});
