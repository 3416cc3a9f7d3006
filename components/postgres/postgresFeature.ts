import { ofRelease, ofType } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { postgresAlerts } from "./postgresAlerts.ts";
import { clusterReadiness, verifyRestorable } from "./postgresSimulation.ts";

/** CloudNativePG with barman's plugin, which every PostgreSQL cluster of the lab uses. */
export const postgresFeature: Feature = {
  name: "postgres",
  charts: ["cloudNativePg", "barmanCloud"],
  definitions: { "postgresql.cnpg.io": "cloudnative-pg", "barmancloud.cnpg.io": "plugin-barman-cloud" },
  backupPolicies: () => [],
  alerts: () => [{ name: "each PostgreSQL", alerts: postgresAlerts("CLUSTER", "NAMESPACE", 2) }],
  scrapeTargets: [],
  steps: {
    "verify-restorable.sh": {
      duration: {
        what: "database verified to be restorable",
        seconds: 3,
        gate: true,
        source: "estimate: three requests to the API",
      },
      simulate: verifyRestorable,
    },
  },
  durations: [
    {
      what: "CloudNativePG installed",
      seconds: 17,
      imagesMB: 100,
      source: "estimate: one pod, and its webhook's certificate",
      applies: ofRelease("cnpg"),
    },
    {
      what: "barman's plugin installed",
      seconds: 20,
      imagesMB: 50,
      source: "estimate: its certificates are signed first, and it reports ready after ten seconds",
      applies: ofRelease("plugin-barman-cloud"),
    },
    {
      what: "database restored from its archive",
      seconds: 110,
      imagesMB: 450,
      source:
        "estimate: 200 MB of a compressed backup at 100 Mbit/s, a day of its log replayed at a second for each of 50 segments, and a second server copied from the first",
      applies: (resource) =>
        ofType("kubernetes:postgresql.cnpg.io/v1:Cluster")(resource) &&
        Object.hasOwn(
          (resource.wireInputs as { spec?: { bootstrap?: object } }).spec?.bootstrap ?? {},
          "recovery",
        ),
    },
    {
      what: "empty database",
      seconds: 51,
      imagesMB: 450,
      source:
        "estimate: a first server created and a second one copied from it; PostgreSQL's image and barman's",
      applies: ofType("kubernetes:postgresql.cnpg.io/v1:Cluster"),
    },
  ],
  readiness: { Cluster: clusterReadiness },
  enforces: {
    B1: [
      ["config", "components/postgres/postgresCluster.ts"],
      ["alert", "components/postgres/postgresAlerts.ts"],
    ],
    B4: [["alert", "components/postgres/postgresAlerts.ts"]],
    B6: [["gate", "guest/verify-restorable.sh"]],
    O1: [["alert", "components/postgres/postgresAlerts.ts"]],
  },
};
