import { expect, test } from "vitest";
import { itilServices } from "../../catalog/itil.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { features } from "../features.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { PostgresCluster } from "../postgres/postgresCluster.ts";
import { labWith, madeWith } from "../postgres/testing/made.ts";
import { serviceDatabases } from "./serviceDatabases.ts";

const wanted = ["incident-swarming", "intelligent-alerting", "kedb"];

async function make() {
  let databases: ReadonlyMap<string, PostgresCluster> = new Map();
  const { made } = await madeWith(labWith(), (operator, gate) => {
    const namespaces = new Map<string, Namespace>();
    const get = (name: string) => {
      const namespace =
        namespaces.get(name) ??
        new Namespace(
          name,
          {
            provider: operator.provider,
            quota: { cpu: "1", memory: "1Gi", pods: 5 },
            podSecurity: { profile: "restricted" },
            networkRules: [],
          },
          {},
        );
      namespaces.set(name, namespace);
      return namespace;
    };
    databases = serviceDatabases({ operator, namespaces: { get }, after: [gate] }, gate);
  });
  return { databases, made };
}

test("gives each service that Longhorn had blocked its own PostgreSQL cluster (D5)", async () => {
  const { databases, made } = await make();
  expect([...databases.keys()]).toEqual(wanted);
  const clusters = made.filter(({ type }) => type.endsWith(":Cluster"));
  expect(clusters.map(({ inputs }) => [inputs.metadata.namespace, inputs.spec.instances])).toEqual(
    wanted.map(() => ["cortex-itil", 1]),
  );
  expect(clusters.every(({ inputs }) => inputs.spec.storage.storageClass === "longhorn")).toBe(true);
});

test("lets only its client connect, by name", async () => {
  const { databases, made } = await make();
  expect(databases.get("incident-swarming")).toMatchObject({
    host: "incident-swarming-rw.cortex-itil.svc.cluster.local",
    port: 5432,
    namespace: "cortex-itil",
    pods: { "cnpg.io/cluster": "incident-swarming" },
    login: { user: "incident_swarming", database: "incident_swarming" },
  });
  const entries = made.filter(({ inputs }) => /-client-\d$/.test(inputs?.metadata?.name ?? ""));
  expect(
    entries.map(({ inputs }) => inputs.spec.ingress[0].fromEndpoints[0].matchLabels.app as string),
  ).toEqual(wanted);
});

test("lists every PostgreSQL cluster in the table of backups", () => {
  const lab = readLab("it", readStackFile("test/reference.yaml"));
  const databaseBackups = features
    .flatMap(({ backupPolicies }) => backupPolicies(lab))
    .filter((policy) => policy.system === "postgresql");
  const services = itilServices.filter(({ stores }) => (stores as readonly string[]).includes("postgres"));
  expect(databaseBackups).toHaveLength(services.length + 1);
  for (const { what, schedule, system, rpoHours } of databaseBackups) {
    expect(what).toMatch(/\(\S+\)$/);
    expect(schedule.split(" ")).toHaveLength(5);
    expect([system, rpoHours]).toEqual(["postgresql", 2]);
  }
});
