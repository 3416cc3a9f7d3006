/** The releases of the databases that the program runs, exact (P3). None ever goes down (C2). */
export const databaseVersions = {
  /** The one that the lab has settled on (D1). */
  elasticsearch: "8.11.0",
  /** MongoDB 7, as the services expect it; another patch release of it may be configured. */
  mongodb: "7.0.24",
  /** The release of Neo4j 5 with long support. */
  neo4j: "5.26.12",
} as const;

/** What marks the one node that has Elasticsearch's directory: its label, and what its pods ask for (D1). */
export const elasticsearchLabel = { key: "elasticsearch", value: "true" } as const;

/** The same for Neo4j (D5). */
export const neo4jLabel = { key: "neo4j", value: "true" } as const;

/** What Neo4j asks for and may have, in MiB: a heap of half the limit, and its page cache. */
export const neo4jMemory = { requestMiB: 768, limitMiB: 1536, heapMiB: 512, pageCacheMiB: 256 } as const;

/** What Elasticsearch asks for, whatever its limit is (D1). */
export const elasticsearchRequest = { cpu: "250m", memoryMiB: 512 } as const;
