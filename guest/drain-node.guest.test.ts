// Verifying a cluster and removing nodes from it, on the real etcd, API server and kubectl.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifySettings } from "../components/k3s/k3sSteps.ts";
import { configure, lab, Member, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("cluster members", () => {
  const members = lab.nodes
    .slice(1)
    .map(({ name, role }) => [name, role === "agent" ? "agent" : "voter", "v1.36.2+k3s1"]);
  const verify = { ...verifySettings(lab), WAIT_SECONDS: 120 };
  /** For checks that refuse at the time limit. */
  const shortWait = { ...verify, WAIT_SECONDS: 3 };

  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.run("cat > /opt/members", members.map((fields) => `${fields.join(" ")}\n`).join(""));
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  const patch = (name: string, field: string, value: string) =>
    node.run(
      `k3s kubectl patch node ${name} --subresource=status --type=merge -p '{"status":{"nodeInfo":{"${field}":"${value}"}}}'`,
    );
  const ready = (name: string, status = "True") =>
    node.run(
      `k3s kubectl patch node ${name} --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"${status}"}]}}'`,
    );

  test("verify-k3s.sh accepts three voting servers at one version, and reports nodes that wait for the CNI plugin", async () => {
    await ready("worker-1");
    const { status, stdout, stderr } = await node.script("verify-k3s.sh", verify);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("3 servers vote in etcd");
    expect(stdout).toContain("server-2: not Ready yet, waiting for the CNI plugin");
    expect(stdout).toContain("worker-1: Ready");
  });

  test("verify-k3s.sh refuses an older member (K2)", async () => {
    await patch("worker-2", "kubeletVersion", "v1.35.4+k3s1");
    await node.refuses("verify-k3s.sh", verify, "K2", "worker-2 runs v1.35.4+k3s1");
    await patch("worker-2", "kubeletVersion", "v1.36.2+k3s1");
  });

  test("verify-k3s.sh refuses a missing node (K2)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...shortWait, EXPECTED_NODES: "server-1 worker-9" },
      "K2",
      "registered nodes:",
    ));

  test("verify-k3s.sh refuses a kubelet in another directory (K3)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...shortWait, KUBELET_DIR: "/data/kubelet" },
      "K3",
      "the kubelet uses /var/lib/kubelet",
    ));

  test("verify-k3s.sh refuses a server that does not vote (K1)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...shortWait, EXPECTED_SERVERS: "server-1 server-9" },
      "K1",
      "not every server votes",
    ));

  test("read-kubeconfig.sh prints the kubeconfig only", async () => {
    const { stdout } = await node.script("read-kubeconfig.sh", {});
    expect(`${stdout}\n`).toBe(`${await node.run("cat /etc/rancher/k3s/k3s.yaml")}\n`);
  });

  const pod = (name: string, node: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: { app: name },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: "0", controller: true }],
    },
    spec: { nodeName: node, terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "c:1.0.0" }] },
  });
  const create = (object: object) => node.run("k3s kubectl create -f -", JSON.stringify(object));

  test("drain-node.sh drains one node and does not touch the others", async () => {
    await create(pod("web-1", "worker-1"));
    await create(pod("web-2", "worker-2"));
    expect(await node.changesOf("drain-node.sh", { NODE_NAME: "worker-1", WAIT_SECONDS: 120 })).toEqual([
      "changed: worker-1 is drained",
    ]);
    expect(await node.run("k3s kubectl get pods -o name")).toBe("pod/web-2");
    expect(
      await node.run(
        "k3s kubectl get nodes -o jsonpath='{.items[?(@.spec.unschedulable==true)].metadata.name}'",
      ),
    ).toBe("worker-1");
    expect(await node.changesOf("drain-node.sh", { NODE_NAME: "worker-1", WAIT_SECONDS: 120 })).toEqual([]);
  });

  test("drain-node.sh stops at the time limit if a PodDisruptionBudget blocks a pod, and names the pod", async () => {
    // A budget applies to running pods only.
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    await node.run(`k3s kubectl patch pod web-2 --subresource=status -p '${JSON.stringify({ status })}'`);
    const selector = { matchLabels: { app: "web-2" } };
    await create({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web-2" },
      spec: { minAvailable: 1, selector },
    });
    // The status that the disruption controller would write, which does not run here.
    const counted = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    };
    await node.run(
      `k3s kubectl patch pdb web-2 --subresource=status --type=merge -p '${JSON.stringify({ status: counted })}'`,
    );
    const drained = await node.script("drain-node.sh", {
      NODE_NAME: "worker-2",
      WAIT_SECONDS: 6,
      LEAVE: "yes",
    });
    expect([drained.status, drained.stderr]).toEqual([
      1,
      expect.stringMatching(/worker-2 is not drained after 6 s; it is cordoned/),
    ]);
    expect(drained.stderr).toContain("web-2");
    expect(await node.run("k3s kubectl get pods,nodes -o name")).toMatch(/pod\/web-2[\s\S]*node\/worker-2/);
  });

  test("drain-node.sh refuses to remove a server while the others are not Ready (K1)", () =>
    node.refuses(
      "drain-node.sh",
      { NODE_NAME: "server-3", WAIT_SECONDS: 10, LEAVE: "yes" },
      "K1",
      "not a majority",
    ));

  test("drain-node.sh refuses to remove the server that it runs on", () =>
    node.refuses(
      "drain-node.sh",
      { NODE_NAME: "server-1", WAIT_SECONDS: 10, LEAVE: "yes" },
      "K1",
      "another server",
    ));

  test("remove-k3s.sh refuses a node that is still a member (K1)", () =>
    node.refuses("remove-k3s.sh", { CONFIRM: "server-1" }, "K1", "still a member", "LEAVE=yes"));

  const leave = { NODE_NAME: "server-3", WAIT_SECONDS: 120, LEAVE: "yes" };

  test("drain-node.sh refuses to remove a server whose K3s still runs, because it would rejoin by its tombstone (K1)", async () => {
    await ready("server-1");
    await ready("server-2");
    await node.refuses("drain-node.sh", leave, "K1", "its K3s still runs", "stop-k3s.sh");
    expect(await node.run("k3s kubectl get nodes -o name")).toContain("node/server-3");
  });

  /** Like stop-k3s.sh on the other server: its etcd ends, and nothing restarts it. */
  const stopOther = async (name: string) => {
    // The brackets keep the pattern from matching the shell that runs this command.
    const pattern = `[-]-name ${name}-`;
    await node.run(`pkill -f '${pattern}' && while pgrep -f '${pattern}'; do sleep 0.2; done`);
  };

  test("drain-node.sh removes a stopped server, also from etcd, and verify-k3s.sh then refuses the incomplete cluster", async () => {
    await stopOther("server-3");
    expect(await node.changesOf("drain-node.sh", leave)).toEqual(
      expect.arrayContaining(["changed: server-3 has left the cluster"]),
    );
    expect(await node.changesOf("drain-node.sh", leave)).toEqual([]);
    const nodes = lab.nodes.map(({ name }) => name).filter((name) => name !== "server-3");
    await node.refuses(
      "verify-k3s.sh",
      { ...shortWait, EXPECTED_NODES: nodes },
      "K1",
      "server-1 voter, server-2 voter",
    );
  });

  test("drain-node.sh refuses to remove one of two servers, because neither has a majority alone (K1)", () =>
    node.refuses(
      "drain-node.sh",
      { ...leave, NODE_NAME: "server-2" },
      "K1",
      "one of two voting servers",
      "restore-etcd.sh",
    ));

  describe("forget-node.sh", () => {
    const forget = (name: string) => ({ NODE_NAME: name, WAIT_SECONDS: 60 });
    const known = (name: string) =>
      node.run(
        `k3s kubectl get node ${name} --ignore-not-found -o name; k3s kubectl -n kube-system get secret ${name}.node-password.k3s --ignore-not-found -o name`,
      );

    test("deletes a node whose machine no longer exists, and its password (K6)", async () => {
      expect(await known("worker-3")).toBe("node/worker-3\nsecret/worker-3.node-password.k3s");
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([
        "changed: worker-3 is no longer a node of the cluster",
        "changed: the password of worker-3 is deleted",
      ]);
      expect(await known("worker-3")).toBe("");
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([]);
    });

    test("deletes the password of a node that never registered", async () => {
      await node.run(
        "k3s kubectl -n kube-system create secret generic worker-3.node-password.k3s --from-literal=hash=planted",
      );
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([
        "changed: the password of worker-3 is deleted",
      ]);
    });

    test("does not delete a Ready node, nor one whose kubelet answers", async () => {
      expect(await node.changesOf("forget-node.sh", forget("worker-1"))).toEqual([]);
      const address = await node.run(
        "k3s kubectl get node worker-2 -o jsonpath='{.status.addresses[0].address}'",
      );
      await node.run(
        `systemd-run --quiet --unit kubelet python3 -c 'import socket, time; s = socket.create_server(("${address}", 10250)); time.sleep(1000)'`,
      );
      await node.run(`until (: </dev/tcp/${address}/10250) 2>/dev/null; do sleep 0.2; done`);
      const { status, stdout } = await node.script("forget-node.sh", forget("worker-2"));
      expect([status, stdout]).toEqual([
        0,
        expect.stringContaining(`its kubelet answers at ${address}, so it is not deleted`),
      ]);
      expect(await known("worker-2")).toContain("node/worker-2");
    });

    test("refuses a server without which the others have no majority (K1)", async () => {
      for (const server of ["server-1", "server-2"]) await ready(server, "False");
      await node.refuses("forget-node.sh", forget("server-2"), "K1", "not a majority");
    });

    test("refuses the server that it runs on (K1)", () =>
      node.refuses("forget-node.sh", forget("server-1"), "K1", "run this on another server"));
  });
});
