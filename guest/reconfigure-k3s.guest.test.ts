// Changing the configuration of a running member, under a real systemd.
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

describe.skipIf(missing !== undefined)("configure-k3s.sh on a running member", () => {
  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  test("writes files that only root can read", async () => {
    expect(
      await node.run("stat -c '%a %U' /etc/rancher/k3s/config.yaml /etc/rancher/k3s/registries.yaml"),
    ).toBe("600 root\n600 root");
  });

  test("restarts K3s for a changed configuration, and waits until it is ready", async () => {
    const before = await node.pid();
    const settings = reconfigure(
      bootstrapServer,
      (config) => `${config}kube-controller-manager-arg:\n  - v=2\n`,
    );
    expect(await node.changesOf("configure-k3s.sh", settings)).toContain("changed: k3s restarted");
    expect(await node.pid()).not.toBe(before);
    expect(await node.run("k3s kubectl get --raw /readyz")).toBe("ok");
    expect(await node.changesOf("configure-k3s.sh", settings)).toEqual([]);
  });

  test("refuses another token (K5)", () =>
    node.refuses("configure-k3s.sh", withAnotherToken(), "K5", "k3s#4640"));

  test("refuses another token than the datastore's, if the old config.yaml is missing (K5)", async () => {
    await node.run("mv /etc/rancher/k3s/config.yaml /root/");
    await node.refuses("configure-k3s.sh", withAnotherToken(), "K5");
    await node.run("mv /root/config.yaml /etc/rancher/k3s/");
  });

  test("refuses another kubelet directory (K3)", () =>
    node.refuses(
      "configure-k3s.sh",
      reconfigure(bootstrapServer, (config) =>
        config.replace("root-dir=/var/lib/kubelet", "root-dir=/data/kubelet"),
      ),
      "K3",
      "from /var/lib/kubelet to /data/kubelet",
      "lab:cluster.kubeletDirectory: /var/lib/kubelet",
    ));

  test("refuses another data directory (K3)", () =>
    node.refuses(
      "configure-k3s.sh",
      reconfigure(bootstrapServer, (config) => `data-dir: /data/k3s\n${config}`),
      "K3",
      "/data/k3s",
    ));

  test("refuses another role (K1)", () =>
    node.refuses("configure-k3s.sh", configure(worker), "K1", "drain-node.sh"));

  test("makes a wiped bootstrap server join the running cluster", async () => {
    const join = "cat /etc/rancher/k3s/config.yaml.d/50-join.yaml";
    expect(await node.run(join)).toBe("cluster-init: true");
    // The datastore is missing and the address answers: here the server's own API stands for another server.
    await node.run("mv /var/lib/rancher/k3s/server/db/etcd /root/etcd");
    const { stdout } = await node.script("configure-k3s.sh", configure());
    expect(stdout).toContain("this server joins it");
    expect(await node.run(join)).toBe("server: https://127.0.0.1:6443");
  });
});
