import { databaseVersions } from "../../catalog/databases.ts";
import { field, fields, section } from "../fieldDocs.ts";
import { integer, name, pattern } from "../fields.ts";

const restarts = "The pod restarts. Its clients wait for about a minute.";

const placement = (database: string, directory: string, example: string) => ({
  node: field(name("a node"), {
    meaning: `Node of ${database}, whose data is in \`${directory}\` on that node. The program sets the node label.`,
    example,
    change:
      "Refused without `movedFrom`, since the data is in a directory of the old node. With it the database moves with its data (docs/runbooks/move-elasticsearch.md).",
  }),
  movedFrom: field(name("a node").optional(), {
    meaning:
      "Node that the database moves from. The program takes a backup there and restores it on `node`. The line may stay in the file.",
    example: "worker2",
    omitted: "The database stays on its node.",
    change: "Together with another `node` it moves the database. Removing it later changes nothing.",
  }),
});

/** The databases of the services. */
export const data = fields({
  elasticsearch: section(
    fields({
      ...placement("Elasticsearch", "/var/lib/elasticsearch", "worker1"),
      heapMiB: field(integer("the heap in MiB", 256, 31_744, "D1").default(512), {
        meaning: "Java heap, at most half of `memoryMiB`: the file cache uses the rest (D1).",
        unit: "MiB",
        example: 512,
        change: restarts,
      }),
      memoryMiB: field(integer("the memory limit in MiB", 512, 65_536, "D1").default(1024), {
        meaning: "Memory limit of the pod.",
        unit: "MiB",
        example: 1024,
        change: restarts,
      }),
    }),
    {
      meaning: "Elasticsearch, one node on a host directory (D1).",
      change: "See its fields.",
    },
  ),
  mongodb: section(
    fields({
      version: field(
        pattern(
          "a release of MongoDB that the program can run",
          /^([5-9]|[1-9]\d)\.\d+\.\d+$/,
          "write an exact release of MongoDB 7 or later, such as 7.0.24; an older release does not avoid the need for AVX: give the node CPU type host",
          "C2",
        ).default(databaseVersions.mongodb),
        {
          meaning: "Exact MongoDB release. It needs AVX, which every node proves before it joins (D4).",
          example: "7.0.24",
          change:
            "The pod restarts with the new release. An older release and a skipped major version are refused (C2).",
        },
      ),
      sizeGiB: field(integer("the size of its volume in GiB", 1, 1023, "S10").default(10), {
        meaning: "Size of the volume.",
        unit: "GiB",
        example: 10,
        change: "The volume grows without a restart. Kubernetes refuses a smaller value.",
      }),
    }).prefault({}),
    {
      meaning: "MongoDB on a Longhorn volume, so that it can run on any worker.",
      change: "See its fields.",
    },
  ),
  neo4j: section(fields(placement("Neo4j", "/var/lib/neo4j", "worker2")), {
    meaning: "Neo4j, one node on a host directory (D5).",
    change: "See its fields.",
  }),
});
