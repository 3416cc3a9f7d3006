import { describe } from "vitest";
import { data } from "./data.ts";
import { testEdges } from "./testing/judge.ts";

const section = (elasticsearch: object = {}, neo4j: object = {}) => ({
  "lab:data": { elasticsearch: { node: "four", ...elasticsearch }, neo4j: { node: "five", ...neo4j } },
});
const labels = (five: object) => ({ "lab:nodes": { five: { labels: five } } });

describe("the heap of Elasticsearch (D1)", () =>
  testEdges(data, [
    ["accepts half of the memory limit", section({ heapMiB: 512, memoryMiB: 1024 })],
    [
      "rejects one MiB more than half of the memory limit",
      section({ heapMiB: 513, memoryMiB: 1024 }),
      "lab:data.elasticsearch.heapMiB: is more than half of the memory limit of 1024 MiB",
    ],
    [
      "rejects one MiB less than twice the heap as the memory limit",
      section({ heapMiB: 512, memoryMiB: 1023 }),
      "lab:data.elasticsearch.heapMiB: is more than half of the memory limit of 1023 MiB",
    ],
  ]));

describe("the nodes of databases (D1, D5)", () =>
  testEdges(data, [
    [
      "rejects an unknown node for Elasticsearch",
      section({ node: "nine" }),
      "lab:data.elasticsearch.node: is not a node of this lab",
    ],
    [
      "rejects an unknown node for Neo4j",
      section({}, { node: "nine" }),
      "lab:data.neo4j.node: is not a node of this lab",
    ],
    [
      "accepts another node that a database moves from",
      section({ movedFrom: "five" }, { movedFrom: "four" }),
    ],
    [
      "rejects an unknown node that a database moves from",
      section({}, { movedFrom: "nine" }),
      "lab:data.neo4j.movedFrom: is not a node of this lab",
    ],
    [
      "rejects the same node that a database moves from",
      section({}, { movedFrom: "five" }),
      "lab:data.neo4j.movedFrom: is the node that the database moves to",
    ],
    [
      "rejects a server in a lab with agents",
      section({}, { node: "one" }),
      "lab:data.neo4j.node: is a server, which runs no workloads",
    ],
    [
      "accepts a server in a lab without agents",
      {
        ...section({ node: "one" }),
        "lab:nodes": { four: { role: "server" }, five: { role: "server" } },
      },
    ],
  ]));

describe("the memory of databases (C4)", () =>
  testEdges(data, [
    ["accepts all memory of a machine but the reserve", section({ memoryMiB: 14_417 })],
    [
      "rejects one MiB of the reserve",
      section({ memoryMiB: 14_418 }),
      "lab:data.elasticsearch.node: is too small: Elasticsearch 14418 = 14418 MiB, and 16384 less 12 % for the system is 14417",
    ],
    ["accepts both databases on one existing host", section({ node: "five", memoryMiB: 28_835 - 1536 })],
    [
      "adds up both databases on one existing host",
      section({ node: "five", memoryMiB: 28_836 - 1536 }),
      "lab:data.elasticsearch.node: is too small: Elasticsearch 27300 + Neo4j 1536 = 28836 MiB, and 32768 less 12 % for the system is 28835",
    ],
    [
      "accepts Neo4j on a host of 2 GiB",
      { ...section(), "lab:nodes": { five: { existing: { memoryGiB: 2 } } } },
    ],
  ]));

describe("the labels of databases (D1, D5)", () =>
  testEdges(data, [
    [
      "rejects the label of Elasticsearch in a lab without databases",
      labels({ elasticsearch: "true" }),
      "lab:nodes.five.labels.elasticsearch: is set manually",
    ],
    [
      "rejects the label of Neo4j on its own node",
      { ...section(), ...labels({ neo4j: "true" }) },
      "lab:nodes.five.labels.neo4j: is set manually",
    ],
    ["accepts other labels", { ...section(), ...labels({ rack: "a" }) }],
  ]));
