// Losing the majority, restoring a snapshot and rejoining, on a real etcd with a real API under a real systemd.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupFolder } from "../config/backups.ts";
import { bootstrapServer, configure, lab, Member, reconfigure, whyNoMember } from "./testing/k3s/member.ts";

const missing = whyNoMember();
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const settings = { CONFIRM: bootstrapServer.name, WAIT_SECONDS: 240 };
const join = "cat /etc/rancher/k3s/config.yaml.d/50-join.yaml";
const snapshots = `/opt/bucket/${lab.config.backup.bucket}/${backupFolder(lab, "etcd")}`;

let node: Member;
/** Reads the value that identifies the cluster's state. */
const marker = () => node.run("k3s kubectl get configmap marker -o jsonpath={.data.value}");
const mark = (value: string) =>
  node.run(
    `k3s kubectl create configmap marker --from-literal=value=${value} --dry-run=client -o json | k3s kubectl apply -f -`,
  );
const name = "etcd-snapshot-server-1-1795240800";
/**
 * Writes a snapshot of the datastore to the bucket, plain and as K3s compresses it: an archive of one file with the
 * snapshot's name. Like etcd's own snapshot, it is the database followed by its SHA-256.
 */
const snapshot = (name: string) =>
  node.run(`systemctl stop k3s && mkdir -p ${snapshots} && python3 - <<'END'
import hashlib, zipfile
data = open("/var/lib/rancher/k3s/server/db/etcd/member/snap/db", "rb").read()
path = "${snapshots}/${name}"
open(path, "wb").write(data + hashlib.sha256(data).digest())
with zipfile.ZipFile(path + ".zip", "w", zipfile.ZIP_DEFLATED) as archive: archive.write(path, "${name}")
END
systemctl start k3s`);
const datastores = () => node.run("ls /var/lib/rancher/k3s/server/db");

describe.skipIf(missing !== undefined)("restore-etcd.sh", () => {
  beforeAll(async () => {
    node = await Member.start(bootstrapServer.name);
    // Two more servers, whose etcd runs here as well: real members, which can be lost.
    await node.run("printf 'server-2 voter v1.36.2+k3s1\\nserver-3 voter v1.36.2+k3s1\\n' > /opt/members");
    await node.changesOf("configure-k3s.sh", configure());
    await node.changesOf("install-k3s.sh", await node.publish("v1.36.2+k3s1"));
    await mark("first");
  });
  afterAll(() => node?.stop());

  test("refuses while the cluster is running (B6)", () =>
    node.refuses("restore-etcd.sh", settings, "B6", "the cluster is running", "OVERWRITE=yes"));

  test("refuses on another server than the confirmed one (S12)", () =>
    node.refuses("restore-etcd.sh", { ...settings, CONFIRM: "server-2" }, "S12", "this node is server-1"));

  test("restores all data on one server after the majority is lost (K1)", async () => {
    await node.run("systemctl stop k3s && rm /opt/members && systemctl start --no-block k3s");
    await node.run("! timeout 20 k3s kubectl --request-timeout=15s get --raw /readyz 2>/dev/null");
    // A server that joined has a server URL in its configuration, and K3s would refuse to reset it.
    await node.run("echo 'server: https://127.0.0.9:6443' > /etc/rancher/k3s/config.yaml.d/50-join.yaml");
    const steps = await node.changesOf("restore-etcd.sh", settings);
    expect(steps).toContain("changed: this server is the only member of etcd");
    expect(await marker()).toBe("first");
    expect(await node.run(join)).toBe("cluster-init: true");
    expect(await datastores()).toMatch(/etcd-before-restore-\d{8}T\d{6}Z/);
    await node.refuses("restore-etcd.sh", settings, "the cluster is running");
  });

  test("restores a snapshot from the bucket with OVERWRITE=yes, and keeps the previous datastore", async () => {
    await snapshot("etcd-snapshot-server-1-1795240800");
    await mark("second");
    const steps = await node.changesOf("restore-etcd.sh", { ...settings, SNAPSHOT: name, OVERWRITE: "yes" });
    expect(steps).toContain(`changed: this server is the only member of etcd, restored from ${name}`);
    expect(await marker()).toBe("first");
    expect((await datastores()).match(/etcd-before-restore/g)).toHaveLength(2);
  });

  test("restores a compressed snapshot from the bucket, which K3s cannot unpack (k3s-io/k3s#14526)", async () => {
    await mark("second");
    const { status, stdout, stderr } = await node.script("restore-etcd.sh", {
      ...settings,
      SNAPSHOT: `${name}.zip`,
      OVERWRITE: "yes",
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("unpacking it here");
    expect(await marker()).toBe("first");
    expect(await datastores()).not.toContain("snapshot-unpacked");
  });

  test("restores a local compressed snapshot, as K3s names and packs it", async () => {
    await mark("second");
    const path = `/var/lib/rancher/k3s/server/db/snapshots/${name}.zip`;
    await node.run(`cp ${snapshots}/${name}.zip ${path}`);
    const steps = await node.changesOf("restore-etcd.sh", { ...settings, SNAPSHOT: path, OVERWRITE: "yes" });
    expect(steps).toContain(`changed: this server is the only member of etcd, restored from ${path}`);
    expect(await marker()).toBe("first");
  });

  test.each([
    ["a file that is not an archive", "broken.zip", "is not a compressed snapshot: zipfile.BadZipFile"],
    ["a missing file", "missing.zip", "the file /root/missing.zip does not exist"],
  ])("refuses %s before anything is stopped (B5)", async (_, file, words) => {
    await node.run("echo broken > /root/broken.zip");
    await node.refuses(
      "restore-etcd.sh",
      { ...settings, SNAPSHOT: `/root/${file}`, OVERWRITE: "yes" },
      "B5",
      words,
      "nothing was changed",
    );
  });

  test("waits until the previous K3s has released its ports", async () => {
    await mark("second");
    await node.run(
      "systemd-run --quiet --unit ending python3 -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", 6444)); time.sleep(20)'",
    );
    await node.run("until (: </dev/tcp/127.0.0.1/6444) 2>/dev/null; do sleep 0.2; done");
    const { status, stdout, stderr } = await node.script("restore-etcd.sh", {
      ...settings,
      SNAPSHOT: name,
      OVERWRITE: "yes",
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("K3s to release its ports");
    expect(await marker()).toBe("first");
  });

  test("puts the previous datastore back if the snapshot does not exist", async () => {
    await mark("third");
    const { status, stderr } = await node.script("restore-etcd.sh", {
      ...settings,
      SNAPSHOT: name,
      FOLDER: "homelab/9/etcd",
      OVERWRITE: "yes",
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining("the previous datastore is back in place")]);
    expect(stderr).toContain(`homelab/9/etcd/${name}`);
    await node.run("until k3s kubectl get --raw /readyz >/dev/null 2>&1; do sleep 1; done");
    expect(await marker()).toBe("third");
  });

  test("refuses while etcd still runs on another server (K1)", async () => {
    await node.changesOf(
      "configure-k3s.sh",
      reconfigure(bootstrapServer, (config) => config.replace(/^tls-san:\n/m, "tls-san:\n  - 127.0.0.8\n")),
    );
    await node.run(
      "systemd-run --quiet --unit other python3 -c 'import socket, time; s = socket.create_server((\"127.0.0.8\", 2380)); time.sleep(1000)'",
    );
    await node.run("until (: </dev/tcp/127.0.0.8/2380) 2>/dev/null; do sleep 0.2; done");
    await node.refuses(
      "restore-etcd.sh",
      { ...settings, SNAPSHOT: name, OVERWRITE: "yes" },
      "K1",
      "etcd still runs at 127.0.0.8",
    );
    await node.run("systemctl stop other");
  });

  test("rejoin-etcd.sh moves the datastore of another server aside, and the server joins again", async () => {
    const again = { ...settings, API_URL: "http://127.0.0.1:7443" };
    expect(await node.changesOf("rejoin-etcd.sh", again)).toEqual([]);
    await node.run("systemctl stop k3s");
    await node.refuses("rejoin-etcd.sh", again, "K1", "no API answers");
    await node.run("systemd-run --quiet --unit api python3 -m http.server 7443 --bind 127.0.0.1");
    expect(await node.changesOf("rejoin-etcd.sh", again)).toContain(
      "changed: this server joined the cluster at http://127.0.0.1:7443",
    );
    expect(await node.run(join)).toBe("server: http://127.0.0.1:7443");
    expect(await datastores()).toMatch(/etcd-before-rejoin-/);
  });
});
