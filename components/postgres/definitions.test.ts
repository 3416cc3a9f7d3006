// Validates objects that no plan of a valid configuration contains: those of a rebuild, and those of the
// runbook.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { images } from "../../catalog/images.ts";
import { Definitions, isCustom, type KubernetesObject } from "../../test/customResources.ts";
import { findDefinitions, orFailInCi } from "../../test/upstream.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { storeName } from "./clusterSpec.ts";
import { barmanPlugin, databasePods } from "./naming.ts";
import { keepDays } from "./objectStore.ts";
import { PostgresCluster } from "./postgresCluster.ts";
import { labWith, madeWith } from "./testing/made.ts";
import { watchPostgres } from "./watchPostgres.ts";

const found = orFailInCi(await findDefinitions());
if ("missing" in found) console.warn(`SKIPPED: custom resources are not checked: ${found.missing}`);
const definitions = new Definitions("folder" in found ? found.folder : "");
const problemsOf = (objects: readonly KubernetesObject[]) =>
  objects
    .filter(isCustom)
    .flatMap((object) =>
      definitions.check(object).map(({ path, message }) => `${object.kind}: ${path} ${message}`),
    );

const runbook = readFileSync(new URL("../../docs/runbooks/postgresql.md", import.meta.url), "utf8");
const objects = [...runbook.matchAll(/<<'END'\n([\s\S]*?)\n {4}END\n/g)].flatMap(([, text = ""]) =>
  parseAllDocuments(text.replace(/^ {4}/gm, "")).map((document) => document.toJS() as KubernetesObject),
);
// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
const ofRunbook = (kind: string): any => objects.find((object) => object.kind === kind);

describe.skipIf("missing" in found)("custom resources of PostgreSQL", () => {
  test("match their CRDs where a restore is ordered", async () => {
    const order = { from: "daily-20261120012300", generation: 1, overwrite: [] };
    const { made } = await madeWith(labWith({ generation: 2 }, order), (operator, gate) => {
      const { provider } = operator;
      const namespace = new Namespace(
        "cortex-itil",
        {
          provider,
          quota: { cpu: "1", memory: "1Gi", pods: 5 },
          podSecurity: { profile: "restricted" },
          networkRules: [],
        },
        {},
      );
      const database = new PostgresCluster(
        "kedb",
        {
          operator,
          namespace,
          database: "kedb",
          instances: 2,
          storageClass: "longhorn",
          sizeGiB: 5,
          memoryMiB: 256,
          clients: [],
          after: [gate],
        },
        {},
      );
      watchPostgres(database, { name: "kedb", definitions: gate }, { provider });
    });
    const all = made
      .map(({ inputs }) => inputs as KubernetesObject)
      .filter(({ apiVersion }) => typeof apiVersion === "string");
    const kinds = new Set(all.filter(isCustom).map(({ kind }) => kind));
    for (const kind of ["Cluster", "ObjectStore", "ScheduledBackup", "PodMonitor", "PrometheusRule"])
      expect(kinds).toContain(kind);
    expect(problemsOf(all)).toEqual([]);
  });

  test("match their CRDs in the runbook", () => {
    expect(objects.map(({ kind }) => kind)).toEqual(["Backup", "CiliumNetworkPolicy", "Cluster"]);
    expect(problemsOf(objects)).toEqual([]);
  });
});

describe("the temporary cluster of the runbook", () => {
  const { spec, metadata } = ofRunbook("Cluster");

  test("reads the archive of the live cluster, runs the same release and archives nothing", () => {
    expect(spec.imageName).toBe(images.postgres);
    expect(spec.plugins).toBeUndefined();
    expect(spec.externalClusters).toEqual([
      {
        name: spec.bootstrap.recovery.source,
        plugin: {
          name: barmanPlugin,
          parameters: { barmanObjectName: storeName("kedb"), serverName: "kedb" },
        },
      },
    ]);
  });

  test("gets egress from its namespace by its own policy", () =>
    expect(ofRunbook("CiliumNetworkPolicy").spec.endpointSelector.matchLabels).toEqual(
      databasePods(metadata.name),
    ));

  test("reaches as far back as backups are retained", () =>
    expect(runbook).toContain(`within the last ${keepDays} days`));
});
