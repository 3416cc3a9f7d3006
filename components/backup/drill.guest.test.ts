// The drill's script with its own rights, on the real Velero and the real API. The pod that reads the marker is simulated.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../../guest/testing/storage/cluster.ts";
import { claim, type Item, namespace, pv } from "../../guest/testing/storage/objects.ts";
import { drillEnvironment } from "./drill.ts";
import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { drillResult, drillRights } from "./drillRights.ts";
import { veleroNamespace } from "./locations.ts";
import { backupSchedules } from "./schedules.ts";
import { first, missing, VeleroServer } from "./testing/veleroServer.ts";

const labels = { "lab.home/drill": "marker" };
const written = "5e".repeat(32);
const inMarker = (kind: string, name: string, fields: object, more: object = {}): Item => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: markerNamespace, ...more },
  ...fields,
});

describe.skipIf(missing !== undefined)("the restore drill", () => {
  let velero: VeleroServer;
  let cluster: Cluster;

  const drill = (controller: "move" | `move ${"changed" | "failed" | "never"}`, environment: object = {}) =>
    cluster.simulating(controller, () =>
      cluster.run(
        `env -i PATH=/opt/drill:/usr/bin:/bin ${Object.entries({
          ...drillEnvironment,
          WAIT_SECONDS: "60",
          ...environment,
        })
          .map(([key, value]) => `${key}=${value}`)
          .join(" ")} sh /opt/drill/drill.sh 2>&1; echo status $?`,
      ),
    );
  const metric = async (name: string) => {
    const metrics = await cluster.get(`-n ${markerNamespace} configmap ${drillResult}`, "{.data.metrics}");
    return Number(new RegExp(`^restore_drill_${name} (\\d+)$`, "m").exec(metrics)?.[1]);
  };
  const nothingLeft = async () => {
    const left = `k3s kubectl -n ${scratchNamespace} get pods,persistentvolumeclaims,configmaps -l lab.home/drill -o name`;
    await cluster.simulating("move", () =>
      cluster.run(`timeout 30 bash -c 'while ${left} | grep .; do sleep 0.5; done'`),
    );
    // A restore that has not ended would delay every other one.
    const phases = await cluster.get(
      `-n ${veleroNamespace} restores -l lab.home/drill`,
      "{.items[*].status.phase}",
    );
    expect(phases).toMatch(/^((Completed|PartiallyFailed) ?)*$/);
  };

  beforeAll(async () => {
    velero = await VeleroServer.start();
    cluster = velero.cluster;
    await cluster.run(
      "k3s kubectl -n velero wait --for=jsonpath={.status.phase}=Available --timeout=120s backupstoragelocation b2",
    );
    await cluster.run(
      "mkdir -p /opt/drill && cat > /opt/drill/drill.sh",
      readFileSync(new URL("drill.sh", import.meta.url), "utf8"),
    );
    // As the service account of the drill, so that its RBAC rules are tested too.
    await cluster.run(
      "cat > /opt/drill/kubectl && chmod +x /opt/drill/kubectl",
      `#!/bin/sh\nexec /opt/kubernetes/kubectl --kubeconfig /etc/rancher/k3s/k3s.yaml --as system:serviceaccount:${markerNamespace}:drill "$@"\n`,
    );
    await cluster.put(
      namespace(markerNamespace),
      namespace(scratchNamespace, { "pod-security.kubernetes.io/enforce": "restricted" }),
      ...drillRights().map(
        (object): Item => ({
          apiVersion: object.kind === "ServiceAccount" ? "v1" : "rbac.authorization.k8s.io/v1",
          ...object,
        }),
      ),
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", namespace: scratchNamespace },
      },
      pv("marker", { claimRef: { namespace: markerNamespace, name: "marker" } }, "Bound"),
      {
        ...claim(markerNamespace, "marker", { volumeName: "marker" }, "Bound"),
        metadata: { name: "marker", namespace: markerNamespace, labels },
      },
      inMarker("ConfigMap", "marker", { data: { sha256: written } }, { labels }),
      inMarker("ConfigMap", drillResult, { data: { metrics: "" } }),
    );
  });
  afterAll(() => velero?.stop());

  test("fails without a backup of the marker", async () => {
    const { result } = await drill("move");
    expect(result).toMatch(
      /REFUSED \(B2\): no Completed backup in b2 has the namespace restore-drill\n {2}fix: .*backup-failed/,
    );
    expect(result).toMatch(/status 1$/);
    expect(await metric("success")).toBe(0);
    expect(await metric("last_success_timestamp_seconds")).toBe(0);
  });

  test("restores the marker unchanged, and deletes everything", async () => {
    const [hourly] = backupSchedules(first);
    const { result: backedUp } = await cluster.simulating("move", () =>
      velero.backup("hourly-20261121033700", hourly?.spec.template as object),
    );
    expect(backedUp, await velero.troubles()).toBe("Completed");
    const { result, actions } = await drill("move");
    expect(result).toMatch(/the marker was restored unchanged from hourly-20261121033700[\s\S]*status 0$/);
    expect(actions).toEqual([`${scratchNamespace}/marker from b2 kopia`]);
    expect(await metric("success")).toBe(1);
    expect(await metric("backup_timestamp_seconds")).toBeGreaterThan(1_700_000_000);
    await nothingLeft();
  });

  test.each<["changed" | "failed" | "never", RegExp]>([
    ["changed", /was restored with other content: the SHA-256 of the marker was 5e5e\w+, and is 0000/],
    ["failed", /ended as PartiallyFailed/],
    ["never", /has not ended after 15 s; its phase is WaitingForPluginOperations/],
  ])("fails for a restore that is %s, updates its metrics, and deletes everything", async (wrong, words) => {
    const before = await metric("last_success_timestamp_seconds");
    const { result } = await drill(`move ${wrong}`, { WAIT_SECONDS: wrong === "never" ? "15" : "90" });
    expect(result).toMatch(words);
    expect(result).toMatch(/status 1$/);
    expect(await metric("success")).toBe(0);
    expect(await metric("last_success_timestamp_seconds")).toBe(before);
    await nothingLeft();
  });
});
