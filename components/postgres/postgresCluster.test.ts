import * as runtime from "@pulumi/pulumi/runtime/index.js";
import { describe, expect, test } from "vitest";
import type { Lab } from "../../config/lab.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { clusterSpec, minutesToReady, restoreOrder, scheduledBackupSpec } from "./clusterSpec.ts";
import { keepDays } from "./objectStore.ts";
import { postgresAlerts } from "./postgresAlerts.ts";
import { PostgresCluster } from "./postgresCluster.ts";
import { labWith, type Made, madeWith } from "./testing/made.ts";
import { watchPostgres } from "./watchPostgres.ts";

const size = {
  name: "kedb",
  database: "kedb",
  instances: 1,
  storageClass: "longhorn",
  sizeGiB: 5,
  memoryMiB: 192,
} as const;

const make = async (lab: Lab) => {
  const { made, ordered } = await madeWith(lab, (operator, gate) => {
    const namespace = new Namespace(
      "cortex-itil",
      {
        provider: operator.provider,
        quota: { cpu: "1", memory: "1Gi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: [],
      },
      {},
    );
    const database = new PostgresCluster(
      "kedb",
      {
        ...size,
        operator,
        namespace,
        clients: [{ namespace: "cortex-itil", pods: { app: "kedb" } }],
        after: [gate],
      },
      {},
    );
    watchPostgres(
      database,
      { name: "kedb", definitions: gate },
      { provider: operator.provider, parent: database },
    );
  });
  const all = (kind: string) => made.filter(({ type }) => type.endsWith(`:${kind}`));
  const one = (kind: string): Made["inputs"] => {
    const [only, ...others] = all(kind);
    expect(others.map(({ name }) => name)).toEqual([]);
    return only?.inputs ?? expect.fail(`there is no ${kind}`);
  };
  return { made, ordered, all, one };
};

describe("a database", () => {
  test("archives to the folder of its generation and namespace", async () => {
    const { one } = await make(labWith());
    const store = one("ObjectStore");
    expect(store.metadata).toEqual({ name: "kedb-backup", namespace: "cortex-itil" });
    expect(store.spec.configuration).toMatchObject({
      destinationPath: "s3://reference-backup/homelab/1/postgresql/cortex-itil",
      endpointURL: "https://s3.us-west-004.example.net",
    });
    expect(store.spec.retentionPolicy).toBe("14d");
    expect(one("Cluster").spec).toMatchObject({
      plugins: [{ isWALArchiver: true, parameters: { barmanObjectName: "kedb-backup", serverName: "kedb" } }],
      bootstrap: { initdb: { database: "kedb", owner: "kedb", secret: { name: "kedb-owner" } } },
    });
    expect(one("ScheduledBackup").spec).toMatchObject({ method: "plugin", cluster: { name: "kedb" } });
  });

  test("has its keys in Secrets only, as Pulumi secrets (C5)", async () => {
    const { made, all } = await make(labWith());
    const planted = ["planted-backup-key", "planted-key-id", "planted-password"];
    const secrets = all("Secret");
    expect(secrets.map(({ name }) => name).toSorted()).toEqual(["kedb-backup", "kedb-owner"]);
    for (const { inputs } of secrets) expect(runtime.isRpcSecret(inputs.stringData)).toBe(true);
    const elsewhere = JSON.stringify(made.filter(({ type }) => !type.endsWith(":Secret")));
    for (const value of planted) expect(elsewhere).not.toContain(value);
  });

  test("allows the traffic of its instances, and its client only", async () => {
    const { all } = await make(labWith());
    const names = all("CiliumNetworkPolicy")
      .map(({ inputs }) => inputs.metadata.name as string)
      .filter((name) => name.startsWith("kedb-"));
    expect(names.toSorted()).toEqual([
      "kedb-api",
      "kedb-bucket",
      "kedb-client-1",
      "kedb-heartbeat-in",
      "kedb-heartbeat-out",
      "kedb-keeper",
      "kedb-metrics",
      "kedb-own-in",
      "kedb-own-out",
    ]);
    const client = all("CiliumNetworkPolicy").find(({ inputs }) => inputs.metadata.name === "kedb-client-1");
    expect(client?.inputs.spec).toEqual({
      endpointSelector: { matchLabels: { "cnpg.io/cluster": "kedb" } },
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "cortex-itil", app: "kedb" } }],
          toPorts: [{ ports: [{ port: "5432", protocol: "TCP" }] }],
        },
      ],
    });
  });

  test("has a PodMonitor and alerts", async () => {
    const { one } = await make(labWith());
    expect(one("PodMonitor").spec.podMetricsEndpoints).toEqual([{ port: "metrics" }]);
    expect(one("PrometheusRule").spec.groups[0].rules).toHaveLength(5);
  });

  test("runs no check before it starts, where no restore is ordered", async () =>
    expect((await make(labWith())).ordered).toEqual([]));
});

describe("a PostgreSQL cluster that is restored", () => {
  const order = { from: "daily-20261120012300", generation: 1, overwrite: [] };

  test("starts from the earlier generation's archive at that moment, and archives to its own generation", async () => {
    const { one, all, ordered } = await make(labWith({ generation: 2 }, order));
    const cluster = one("Cluster");
    expect(cluster.metadata.annotations).toMatchObject({
      "lab.home/restored-from": "generation-1/daily-20261120012300",
    });
    expect(cluster.spec.bootstrap).toEqual({
      recovery: {
        database: "kedb",
        owner: "kedb",
        secret: { name: "kedb-owner" },
        source: "source",
        recoveryTarget: { targetTime: "2026-11-20T01:23:00Z" },
      },
    });
    expect(cluster.spec.externalClusters[0].plugin.parameters).toEqual({
      barmanObjectName: "kedb-generation-1",
      serverName: "kedb",
    });
    expect(
      all("ObjectStore").map(({ inputs }) => [
        inputs.metadata.name,
        inputs.spec.configuration.destinationPath,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ["kedb-backup", "s3://reference-backup/homelab/2/postgresql/cortex-itil"],
        ["kedb-generation-1", "s3://reference-backup/homelab/1/postgresql/cortex-itil"],
      ]),
    );
    expect(ordered).toEqual([
      {
        name: "kedb-restorable",
        script: "verify-restorable.sh",
        settings: { NAMESPACE: "cortex-itil", NAME: "kedb", REQUEST: "generation-1/daily-20261120012300" },
      },
    ]);
  });

  test("deletes nothing from the earlier generation, and does not restart when the order is removed", async () => {
    const { all } = await make(labWith({ generation: 2 }, order));
    const source = all("ObjectStore").find(({ name }) => name === "kedb-generation-1")?.inputs.spec;
    expect(source.retentionPolicy).toBeUndefined();
    expect(source.instanceSidecarConfiguration.env).toBeUndefined();
  });

  test("starts empty where its namespace is not in the scope of the restore", async () => {
    const { one, ordered } = await make(
      labWith({ generation: 2 }, { ...order, includedNamespaces: ["authentik"] }),
    );
    expect(Object.keys(one("Cluster").spec.bootstrap)).toEqual(["initdb"]);
    expect(ordered).toEqual([]);
  });

  test("begins the new generation with a backup, by a new schedule", async () => {
    const before = (await make(labWith())).one("ScheduledBackup");
    const after = (await make(labWith({ generation: 2 }, order))).one("ScheduledBackup");
    expect([before.metadata.name, after.metadata.name]).toEqual(["kedb-generation-1", "kedb-generation-2"]);
    expect(after.spec.immediate).toBe(true);
  });
});

test("has no recovery target for the newest backup", () => {
  const { bootstrap } = clusterSpec(size, {
    generation: 3,
    backup: "latest",
    moment: undefined,
    overwrite: false,
  });
  expect(bootstrap).not.toHaveProperty("recovery.recoveryTarget");
  expect(restoreOrder({ generation: 3, backup: "latest" })).toBe("generation-3/latest");
});

test("gives a restore time for its download", () => {
  expect(minutesToReady(size, false)).toBe(15);
  expect(minutesToReady(size, true)).toBe(50);
  // 25 Mbit/s are 5.4 minutes for a GiB.
  expect(minutesToReady({ sizeGiB: 100 }, true)).toBeGreaterThan((100 * 8 * 1024) / 25 / 60);
});

test("writes CloudNativePG's cron with seconds", () =>
  expect(scheduledBackupSpec("kedb").schedule).toMatch(/^0 (\S+ ){4}\S+$/));

describe("the alerts of a PostgreSQL cluster", () => {
  const alerts = postgresAlerts("kedb", "cortex-itil", 1);
  const expression = (name: string) => alerts.find((alert) => alert.name === name)?.expression ?? "";

  test("select its own pods only, and name an existing runbook", () => {
    for (const { expression: own, runbook, summary } of alerts) {
      expect(own).toContain('{namespace="cortex-itil",pod=~"kedb-[0-9]+"}');
      expect(runbook).toBe("runbooks/postgresql.md");
      expect(summary).toContain("cortex-itil/kedb");
    }
  });

  test("fire where a metric is missing", () => {
    for (const name of ["PostgresArchiveSilent", "PostgresBackupOld"])
      expect(expression(name)).toMatch(/^absent\(/);
    expect(expression("PostgresNotReady")).toContain("or vector(0)) < 1");
  });

  test("wait longer than the operation that they watch may take", () => {
    expect(expression("PostgresBackupOld")).toContain(`< ${36 * 3600}`);
    expect(expression("PostgresBackupsStay")).toContain(`> ${(2 * keepDays + 1) * 86_400}`);
  });
});
