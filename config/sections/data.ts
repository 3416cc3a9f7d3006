import { z } from "zod";
import { databaseVersions } from "../../catalog/databases.ts";
import { integer, name, pattern } from "../fields.ts";

/** The databases that services keep their state in; left out, the lab has none. */
export const data = z.strictObject({
  elasticsearch: z.strictObject({
    /** The node whose directory /var/lib/elasticsearch it keeps its indices in. */
    node: name("a node"),
    /**
     * The owner's order to move it here from that node: a snapshot is taken there, and comes back here. May stay in the
     * file when it is done.
     */
    movedFrom: name("a node").optional(),
    /** Java's heap; at most half of `memoryMiB`, since the file cache takes the rest. */
    heapMiB: integer("the heap in MiB", 256, 31_744, "D1").default(512),
    /** The memory that it may have in all. */
    memoryMiB: integer("the memory limit in MiB", 512, 65_536, "D1").default(1024),
  }),
  mongodb: z
    .strictObject({
      version: pattern(
        "a release of MongoDB that the program can run",
        /^([5-9]|[1-9]\d)\.\d+\.\d+$/,
        "write an exact release of MongoDB 7 or later, such as 7.0.24; an older one is no way around a CPU without AVX: give the node CPU type host",
        "C2",
      ).default(databaseVersions.mongodb),
      sizeGiB: integer("the size of its volume in GiB", 1, 1023, "S10").default(10),
    })
    .prefault({}),
  neo4j: z.strictObject({
    /** The node whose directory /var/lib/neo4j it keeps its graph in. */
    node: name("a node"),
    /** The owner's order to move it here from that node, as Elasticsearch's. */
    movedFrom: name("a node").optional(),
  }),
});
