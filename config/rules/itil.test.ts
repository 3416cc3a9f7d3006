import { describe } from "vitest";
import { itil } from "./itil.ts";
import { testEdges } from "./testing/judge.ts";

const data = { "lab:data": { elasticsearch: { node: "four" }, neo4j: { node: "five" } } };
const registry = "registry.lab.home.arpa/itil";
const platform = (services: object, change: object = {}) => ({
  ...data,
  "lab:itil": { registry, services, ...change },
});
const image = (name: string) => `${name}:1.4.2`;
const kedb = (change: object = {}) => ({ kedb: { image: image("kedb"), ...change } });

describe("services of the ITIL platform", () =>
  testEdges(itil, [
    ["accepts a lab without the platform", {}],
    ["accepts the platform without services", { "lab:itil": {} }],
    [
      "rejects an unknown service",
      platform({ cmdb: {} }),
      "lab:itil.services.cmdb: is not a service of the ITIL platform",
    ],
    [
      "accepts an image in full without a registry (I2)",
      platform(kedb({ image: "ghcr.io/example/kedb:1.4.2" }), { registry: undefined }),
    ],
    [
      "rejects an image by name without a registry (I2)",
      platform(kedb(), { registry: undefined }),
      "lab:itil.services.kedb.image: names no registry",
    ],
    [
      "accepts a service without an image and without a registry (I2)",
      platform({ kedb: {} }, { registry: undefined }),
    ],
    [
      "rejects a service that stores its state without databases (D5)",
      { ...platform(kedb()), "lab:data": null },
      "lab:data: is missing, and kedb stores its state in a database",
    ],
    [
      "rejects two services that store their state without databases (D5)",
      { ...platform({ ...kedb(), "sla-predictor": { image: image("sla-predictor") } }), "lab:data": null },
      "lab:data: is missing, and kedb, sla-predictor store their state in databases",
    ],
    ["accepts disabled services without databases (D5)", { ...platform({ kedb: {} }), "lab:data": null }],
  ]));

describe("groups of the ITIL platform (A4, A5)", () =>
  testEdges(itil, [
    [
      "accepts admins, and a declared group",
      {
        ...platform(kedb({ groups: ["admins", "it"] }), { groups: ["it"] }),
        "lab:identity": { groups: ["it"] },
      },
    ],
    [
      "rejects an unknown group of the platform (A5)",
      platform({}, { groups: ["admins", "it"] }),
      "lab:itil.groups[1]: is not a group of this lab",
    ],
    [
      "rejects an unknown group of a service (A5)",
      platform(kedb({ groups: ["it"] })),
      "lab:itil.services.kedb.groups[0]: is not a group of this lab",
    ],
    [
      "rejects groups of an internal service (A4)",
      platform({ "fulfillment-engine": { groups: ["admins"] } }),
      "lab:itil.services.fulfillment-engine.groups: is for services with a login",
    ],
    [
      "rejects a client secret of an internal service (A4)",
      platform({ "fulfillment-engine": { rotation: 2 } }),
      "lab:itil.services.fulfillment-engine.rotation: is for services with a login",
    ],
    [
      "reports an unknown service once, whatever its fields",
      platform({ cmdb: { groups: ["admins"], rotation: 2 } }),
      "lab:itil.services.cmdb: is not a service of the ITIL platform",
    ],
  ]));

describe("the room for the ITIL platform (C4)", () => {
  const service = (change: object) => ({
    "fulfillment-engine": { image: image("fulfillment-engine"), ...change },
  });
  testEdges(itil, [
    ["accepts as many pods as nodes", platform(service({ replicas: 2 }))],
    [
      "rejects one pod more than nodes",
      platform(service({ replicas: 3 })),
      "lab:itil.services.fulfillment-engine.replicas: is more than the 2 nodes that run pods (five, four)",
    ],
    [
      "accepts a pod with all memory of the largest node but the reserve",
      platform(kedb({ memoryMiB: 28_835 })),
    ],
    [
      "rejects a pod with one MiB of the reserve",
      platform(kedb({ memoryMiB: 28_836 })),
      "lab:itil.services.kedb.memoryMiB: fits on no node: at most 28835 MiB are available to pods on one node",
    ],
    [
      "accepts services with all memory of the nodes but the reserve",
      platform({
        ...kedb({ memoryMiB: 28_835 }),
        "sla-predictor": { image: image("sla-predictor"), memoryMiB: 14_417 },
      }),
    ],
    [
      "rejects services with one MiB more, the largest first",
      platform({
        ...kedb({ memoryMiB: 14_418 }),
        "sla-predictor": { image: image("sla-predictor"), memoryMiB: 28_835 },
      }),
      "lab:itil.services: request more than the nodes have for pods: sla-predictor 1 × 28835 + kedb 1 × 14418 = 43253 MiB of memory; five 28835 + four 14417 = 43252, with 12 % reserved for the system; 1 too much",
    ],
    [
      "reports a pod that fits on no node alone, and not all pods together",
      platform({
        ...kedb({ memoryMiB: 50_000 }),
        "sla-predictor": { image: image("sla-predictor"), memoryMiB: 14_417 },
      }),
      "lab:itil.services.kedb.memoryMiB: fits on no node",
    ],
    [
      "reports too many pods of a disabled service",
      platform({ kedb: { replicas: 3 } }),
      "lab:itil.services.kedb.replicas: is more than the 2 nodes that run pods",
    ],
    [
      "leaves nodes of neither kind to the references rule",
      {
        ...platform(kedb()),
        "lab:nodes": { four: { vm: null }, five: { existing: null } },
      },
    ],
  ]);
});
