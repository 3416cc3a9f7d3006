/** Exact releases of the databases (P3). No release is ever lowered (C2). */
export const databaseVersions = {
  /** The release that the lab runs (D1). */
  elasticsearch: "8.11.0",
  /** MongoDB 7, which the services require; the stack file can select another release. */
  mongodb: "7.0.24",
  /** The long-term support release of Neo4j 5. */
  neo4j: "5.26.12",
} as const;

/** Label of the node with Elasticsearch's directory, which its pods select (D1). */
export const elasticsearchLabel = { key: "elasticsearch", value: "true" } as const;

/** Label of the node with Neo4j's directory, which its pods select (D5). */
export const neo4jLabel = { key: "neo4j", value: "true" } as const;

/** Neo4j's memory request and limit, with a heap of a third of the limit and the page cache, in MiB. */
export const neo4jMemory = { requestMiB: 768, limitMiB: 1536, heapMiB: 512, pageCacheMiB: 256 } as const;

/** Elasticsearch's requests, independent of its memory limit (D1). */
export const elasticsearchRequest = { cpu: "250m", memoryMiB: 512 } as const;
