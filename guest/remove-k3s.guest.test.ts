// Joining as an agent, leaving and joining again, under a real systemd.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configure, Member, whyNoMember, worker } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("an agent node", () => {
  beforeEach(async () => {
    node = await Member.start("worker-1");
  });
  afterEach(() => node?.stop());

  const api =
    "python3 -c 'import http.server; http.server.HTTPServer((\"127.0.0.1\", 6443), http.server.BaseHTTPRequestHandler).serve_forever()'";

  test("waits for the API address, refuses if it does not answer, and joins when it does (K5)", async () => {
    const url = { API_URL: "http://127.0.0.1:6443" };
    await node.changesOf("configure-k3s.sh", configure(worker, url));
    const release = { ...(await node.publish("v1.36.2+k3s1")), ROLE: "agent", WAIT_SECONDS: 3 };
    const { status, stderr } = await node.script("install-k3s.sh", release);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/REFUSED \(K5\).*127\.0\.0\.1:6443 does not answer/),
    ]);
    expect(await node.pid("k3s-agent")).toBe("0");
    await node.run(`systemd-run --quiet --unit api ${api}`);
    const later = { ...release, WAIT_SECONDS: 300 };
    expect(await node.changesOf("install-k3s.sh", later)).toContain("changed: k3s-agent.service started");
    expect(await node.changesOf("install-k3s.sh", later)).toEqual([]);
  });

  test("joins again with the same labels after remove-k3s.sh, which keeps the data of other software (K6, S12)", async () => {
    await node.run(`systemd-run --quiet --unit api ${api}`);
    const foreign = [
      "/var/lib/elasticsearch/nodes/0",
      "/mnt/longhorn/data1/replicas",
      "/var/lib/rancher/k3s/storage/pvc-1",
    ];
    for (const folder of foreign) await node.run(`mkdir -p ${folder} && echo precious > ${folder}/data`);
    const settings = configure(worker, { API_URL: "http://127.0.0.1:6443" });
    const release = { ...(await node.publish("v1.36.2+k3s1")), ROLE: "agent" };
    const join = async () => {
      await node.changesOf("configure-k3s.sh", settings);
      await node.changesOf("install-k3s.sh", release);
    };
    await join();
    await node.run("mkdir -p /var/log/pods/kube-system_cilium_1 /var/log/containers");
    const config = await node.run(
      "cd /etc/rancher/k3s && sha256sum config.yaml registries.yaml config.yaml.d/*",
    );
    expect(await node.run("cat /etc/rancher/k3s/config.yaml")).toContain(
      "node.longhorn.io/create-default-disk=config",
    );

    // A pod's subPath of a hostPath volume: deleting through this mount would destroy Elasticsearch's data.
    const mount = "/var/lib/kubelet/pods/1/volume-subpaths/es/0";
    await node.run(`mkdir -p ${mount} && mount --bind /var/lib/elasticsearch ${mount}`);
    await node.refuses("remove-k3s.sh", { CONFIRM: "worker-2" }, "S12", "this node is worker-1");

    // While a process uses the mount, nothing is deleted. With exec the unit is started once it is in the folder.
    await node.run(
      `systemd-run --quiet --service-type=exec --unit holder --working-directory=${mount} sleep 1000`,
    );
    const { status, stderr } = await node.script("remove-k3s.sh", { CONFIRM: "worker-1" });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/REFUSED \(S12\).*still mounted.*nothing was deleted/),
    ]);
    expect(await node.version()).toContain("v1.36.2+k3s1");
    await node.run("systemctl stop holder");

    expect(await node.changesOf("remove-k3s.sh", { CONFIRM: "worker-1" })).toContain(
      "changed: removed /usr/local/bin/k3s",
    );
    for (const folder of foreign) expect(await node.run(`cat ${folder}/data`), folder).toBe("precious");
    expect(
      await node.run(
        "ls -d /var/lib/kubelet /var/log/pods /var/log/containers /etc/rancher /usr/local/bin/* /etc/systemd/system/k3s* 2>/dev/null || true",
      ),
    ).toBe("");
    expect((await node.script("remove-k3s.sh", { CONFIRM: "worker-1" })).stdout).toContain(
      "unchanged: K3s is not installed",
    );

    // The cluster still has the password of the previous machine, and K3s would retry forever.
    await node.changesOf("configure-k3s.sh", settings);
    const rejected = await node.script("install-k3s.sh", release);
    expect([rejected.status, rejected.stderr]).toEqual([
      1,
      expect.stringMatching(/REFUSED \(K6\): the cluster has another machine named worker-1/),
    ]);
    expect(rejected.stderr).toContain("Node password rejected");
    expect(rejected.stderr).toContain("forget-node.sh");
    // As forget-node.sh does on a server: guest/drain-node.guest.test.ts.
    await node.run("rm /opt/node-passwords/worker-1");
    await join();
    expect(
      await node.run("cd /etc/rancher/k3s && sha256sum config.yaml registries.yaml config.yaml.d/*"),
    ).toBe(config);
  });
});
