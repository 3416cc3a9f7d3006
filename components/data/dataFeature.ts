import { ofObject } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { changesNothingElse } from "../simulation.ts";
import { backupAlert } from "./databaseAlerts.ts";
import { dataBackupPolicies, databaseBackups } from "./databaseBackups.ts";
import { serviceDatabaseBackupPolicies } from "./serviceBackupPolicies.ts";

/** The databases: Elasticsearch, MongoDB, Neo4j, and one PostgreSQL cluster for each ITIL service. */
export const dataFeature: Feature = {
  name: "data",
  charts: [],
  definitions: {},
  backupPolicies: (lab) => [...serviceDatabaseBackupPolicies(lab), ...dataBackupPolicies(lab)],
  alerts: () => [
    { name: "databases that are dumped", alerts: Object.values(databaseBackups).map(backupAlert) },
  ],
  scrapeTargets: [],
  steps: {
    "label-node.sh": {
      duration: { what: "label on exactly one node", seconds: 5, source: "estimate" },
      simulate: changesNothingElse,
    },
  },
  durations: [
    {
      what: "Elasticsearch started",
      seconds: 75,
      source: "estimate: an image of 700 MB at 100 Mbit/s, and a start on a quarter of a core",
      applies: ofObject("apps/v1:StatefulSet", (name) => name === "knowledge-elasticsearch"),
    },
    {
      what: "MongoDB started",
      seconds: 45,
      source: "estimate: an image of 280 MB at 100 Mbit/s, and a volume that is attached",
      applies: ofObject("apps/v1:StatefulSet", (name) => name === "mongodb"),
    },
    {
      what: "Neo4j started",
      seconds: 60,
      source:
        "estimate: an image of 350 MB at 100 Mbit/s, and three small steps before it; a dump of 1 GB takes 90 s more",
      applies: ofObject("apps/v1:StatefulSet", (name) => name === "neo4j"),
    },
    {
      what: "database ready, its data back",
      seconds: 30,
      source: "estimate: nothing to restore; a backup of 1 GB takes 90 s more at 100 Mbit/s",
      applies: ({ name }) => ["elasticsearch-ready", "mongodb-ready"].includes(name),
    },
  ],
  readiness: {},
  enforces: {
    C2: [
      ["config", "config/sections/data.ts"],
      ["guard", "components/data/databaseChanges.ts"],
    ],
    C4: [["config", "config/rules/data.ts"]],
    D1: [
      ["config", "config/rules/data.ts"],
      ["config", "config/schema.ts"],
      ["guard", "components/data/databaseChanges.ts"],
      ["gate", "guest/label-node.sh"],
      ["gate", "components/data/elasticsearch/ready.sh"],
      ["gate", "components/data/elasticsearch/api.sh"],
    ],
    D2: [["config", "components/data/elasticsearch/elasticsearch.ts"]],
    D3: [
      ["config", "components/data/dataService.ts"],
      ["gate", "components/data/elasticsearch/snapshot.sh"],
      ["gate", "components/data/dumps/upload.sh"],
      ["gate", "components/data/elasticsearch/api.sh"],
      ["gate", "components/data/mongodb/dump.sh"],
      ["alert", "components/data/databaseAlerts.ts"],
    ],
    D4: [["gate", "components/data/mongodb/look.sh"]],
    D5: [
      ["config", "components/data/serviceDatabases.ts"],
      ["config", "config/rules/data.ts"],
      ["config", "components/data/neo4j/neo4j.ts"],
      ["guard", "components/data/databaseChanges.ts"],
      ["gate", "components/data/dumps/fetch.sh"],
      ["gate", "components/data/neo4j/dump.sh"],
    ],
    B3: [
      ["gate", "components/data/dumps/fetch.sh"],
      ["gate", "components/data/dumps/upload.sh"],
      ["gate", "components/data/elasticsearch/ready.sh"],
    ],
    B6: [
      ["gate", "components/data/elasticsearch/ready.sh"],
      ["gate", "components/data/dumps/fetch.sh"],
      ["gate", "components/data/mongodb/ready.sh"],
      ["gate", "components/data/neo4j/load.sh"],
    ],
  },
};
