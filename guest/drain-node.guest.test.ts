// Verifying a cluster, and taking nodes out of it, on the real etcd, API server and kubectl.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifySettings } from "../components/k3s/k3sSteps.ts";
import { configure, lab, Member, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

let node: Member;

describe.skipIf(missing !== undefined)("a cluster", () => {
  const members = lab.nodes
    .slice(1)
    .map(({ name, role }) => [name, role === "agent" ? "agent" : "voter", "v1.36.2+k3s1"]);
  const verify = { ...verifySettings(lab), WAIT_SECONDS: 120 };
  /** For what is refused once the time is up. */
  const hasty = { ...verify, WAIT_SECONDS: 3 };

  beforeAll(async () => {
    node = await Member.start("server-1");
    await node.must("cat > /opt/members", members.map((fields) => `${fields.join(" ")}\n`).join(""));
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
  });
  afterAll(() => node?.stop());

  const patch = (name: string, field: string, value: string) =>
    node.must(
      `k3s kubectl patch node ${name} --subresource=status --type=merge -p '{"status":{"nodeInfo":{"${field}":"${value}"}}}'`,
    );
  const ready = (name: string, status = "True") =>
    node.must(
      `k3s kubectl patch node ${name} --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"${status}"}]}}'`,
    );

  test("of three voting servers at one version passes; nodes that miss only their network are said to await it", async () => {
    await ready("worker-1");
    const { status, stdout, stderr } = await node.script("verify-k3s.sh", verify);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("3 servers vote");
    expect(stdout).toContain("server-2: awaiting network");
    expect(stdout).toContain("worker-1: Ready");
  });

  test("with an older member is refused (K2)", async () => {
    await patch("worker-2", "kubeletVersion", "v1.35.4+k3s1");
    await node.refuses("verify-k3s.sh", verify, "K2", "worker-2 runs v1.35.4+k3s1");
    await patch("worker-2", "kubeletVersion", "v1.36.2+k3s1");
  });

  test("without one of its nodes is refused (K2)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...hasty, EXPECTED_NODES: "server-1 worker-9" },
      "K2",
      "registered are only:",
    ));

  test("with its kubelet elsewhere is refused (K3)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...hasty, KUBELET_DIR: "/data/kubelet" },
      "K3",
      "works in /var/lib/kubelet",
    ));

  test("with a server that does not vote is refused (K1)", () =>
    node.refuses(
      "verify-k3s.sh",
      { ...hasty, EXPECTED_SERVERS: "server-1 server-9" },
      "K1",
      "not every server votes",
    ));

  test("gives its kubeconfig, and nothing else", async () => {
    const { stdout } = await node.script("read-kubeconfig.sh", {});
    expect(`${stdout}\n`).toBe(`${await node.must("cat /etc/rancher/k3s/k3s.yaml")}\n`);
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
  const create = (object: object) => node.must("k3s kubectl create -f -", JSON.stringify(object));

  test("empties one node and leaves the others alone", async () => {
    await create(pod("web-1", "worker-1"));
    await create(pod("web-2", "worker-2"));
    expect(await node.changesOf("drain-node.sh", { NODE_NAME: "worker-1", WAIT_SECONDS: 120 })).toEqual([
      "changed: worker-1 is empty",
    ]);
    expect(await node.must("k3s kubectl get pods -o name")).toBe("pod/web-2");
    expect(
      await node.must(
        "k3s kubectl get nodes -o jsonpath='{.items[?(@.spec.unschedulable==true)].metadata.name}'",
      ),
    ).toBe("worker-1");
    expect(await node.changesOf("drain-node.sh", { NODE_NAME: "worker-1", WAIT_SECONDS: 120 })).toEqual([]);
  });

  test("stops within the time limit where a disruption budget holds a pod, and says which", async () => {
    // A budget holds only what runs.
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    await node.must(`k3s kubectl patch pod web-2 --subresource=status -p '${JSON.stringify({ status })}'`);
    const selector = { matchLabels: { app: "web-2" } };
    await create({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "web-2" },
      spec: { minAvailable: 1, selector },
    });
    // What the controller of budgets says, which no API server does by itself.
    const counted = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    };
    await node.must(
      `k3s kubectl patch pdb web-2 --subresource=status --type=merge -p '${JSON.stringify({ status: counted })}'`,
    );
    const drained = await node.script("drain-node.sh", {
      NODE_NAME: "worker-2",
      WAIT_SECONDS: 6,
      LEAVE: "yes",
    });
    expect([drained.status, drained.stderr]).toEqual([
      1,
      expect.stringMatching(/worker-2 was not empty after 6 s; it is cordoned/),
    ]);
    expect(drained.stderr).toContain("web-2");
    expect(await node.must("k3s kubectl get pods,nodes -o name")).toMatch(/pod\/web-2[\s\S]*node\/worker-2/);
  });

  test("does not let a server go while the others are not ready (K1)", () =>
    node.refuses(
      "drain-node.sh",
      { NODE_NAME: "server-3", WAIT_SECONDS: 10, LEAVE: "yes" },
      "K1",
      "no majority",
    ));

  test("does not let a server take itself out", () =>
    node.refuses(
      "drain-node.sh",
      { NODE_NAME: "server-1", WAIT_SECONDS: 10, LEAVE: "yes" },
      "K1",
      "another server",
    ));

  test("a node that is still a member is not removed (K1)", () =>
    node.refuses("remove-k3s.sh", { CONFIRM: "server-1" }, "K1", "still a member", "LEAVE=yes"));

  const leave = { NODE_NAME: "server-3", WAIT_SECONDS: 120, LEAVE: "yes" };

  test("does not let a server leave while its K3s runs, which would rejoin by its tombstone (K1)", async () => {
    await ready("server-1");
    await ready("server-2");
    await node.refuses("drain-node.sh", leave, "K1", "its K3s still runs", "stop-k3s.sh");
    expect(await node.must("k3s kubectl get nodes -o name")).toContain("node/server-3");
  });

  /** As stop-k3s.sh does it on the other server: its etcd ends, and nothing starts it again. */
  const stopOther = async (name: string) => {
    // In brackets, since the shell that runs this has the pattern in its own command line.
    const pattern = `[-]-name ${name}-`;
    await node.must(`pkill -f '${pattern}' && while pgrep -f '${pattern}'; do sleep 0.2; done`);
  };

  test("lets a stopped server go, out of etcd as well, and is then refused as incomplete", async () => {
    await stopOther("server-3");
    expect(await node.changesOf("drain-node.sh", leave)).toEqual(
      expect.arrayContaining(["changed: server-3 has left the cluster"]),
    );
    expect(await node.changesOf("drain-node.sh", leave)).toEqual([]);
    const nodes = lab.nodes.map(({ name }) => name).filter((name) => name !== "server-3");
    await node.refuses(
      "verify-k3s.sh",
      { ...hasty, EXPECTED_NODES: nodes },
      "K1",
      "server-1 voter, server-2 voter",
    );
  });

  test("does not let one of two servers leave, since neither has a majority alone (K1)", () =>
    node.refuses(
      "drain-node.sh",
      { ...leave, NODE_NAME: "server-2" },
      "K1",
      "one of two servers that vote",
      "restore-etcd.sh",
    ));

  describe("forget-node.sh", () => {
    const forget = (name: string) => ({ NODE_NAME: name, WAIT_SECONDS: 60 });
    const known = (name: string) =>
      node.must(
        `k3s kubectl get node ${name} --ignore-not-found -o name; k3s kubectl -n kube-system get secret ${name}.node-password.k3s --ignore-not-found -o name`,
      );

    test("deletes a node whose machine is gone, and its password (K6)", async () => {
      expect(await known("worker-3")).toBe("node/worker-3\nsecret/worker-3.node-password.k3s");
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([
        "changed: worker-3 is no longer a node of the cluster",
        "changed: the password of worker-3 is deleted",
      ]);
      expect(await known("worker-3")).toBe("");
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([]);
    });

    test("deletes a password that a node left without ever having registered", async () => {
      await node.must(
        "k3s kubectl -n kube-system create secret generic worker-3.node-password.k3s --from-literal=hash=planted",
      );
      expect(await node.changesOf("forget-node.sh", forget("worker-3"))).toEqual([
        "changed: the password of worker-3 is deleted",
      ]);
    });

    test("keeps a node that is Ready, and one whose kubelet answers", async () => {
      expect(await node.changesOf("forget-node.sh", forget("worker-1"))).toEqual([]);
      const address = await node.must(
        "k3s kubectl get node worker-2 -o jsonpath='{.status.addresses[0].address}'",
      );
      await node.must(
        `systemd-run --quiet --unit kubelet python3 -c 'import socket, time; s = socket.create_server(("${address}", 10250)); time.sleep(1000)'`,
      );
      await node.must(`until (: </dev/tcp/${address}/10250) 2>/dev/null; do sleep 0.2; done`);
      const { status, stdout } = await node.script("forget-node.sh", forget("worker-2"));
      expect([status, stdout]).toEqual([
        0,
        expect.stringContaining(`its kubelet answers at ${address}: it stays`),
      ]);
      expect(await known("worker-2")).toContain("node/worker-2");
    });

    test("rejects a server without which the others are no majority (K1)", async () => {
      for (const server of ["server-1", "server-2"]) await ready(server, "False");
      await node.refuses("forget-node.sh", forget("server-2"), "K1", "no majority");
    });

    test("rejects the server that it runs on (K1)", () =>
      node.refuses("forget-node.sh", forget("server-1"), "K1", "run this on another server"));
  });
});
