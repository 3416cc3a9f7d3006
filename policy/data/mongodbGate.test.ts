import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy } from "../testing/describePolicy.ts";
import { guestCommand, resource } from "../testing/resources.ts";
import { labNode, statefulSet } from "../testing/storageResources.ts";
import { mongodbGate } from "./mongodbGate.ts";

const nodes = [labNode("one"), labNode("two"), labNode("server", { role: "server" })];
const gate = (node: string, flags = "avx avx2") =>
  guestCommand(
    "verify-cpu.sh",
    { REQUIRED_FLAGS: flags, EXPECTED_TYPE: "host", CONFIG_PATH: "x" },
    `${node}-verify-cpu`,
  );
const gates = [gate("one"), gate("two")];
const verified = (dependencies: readonly PolicedResource[]) =>
  resource(
    "command:remote:Command",
    { create: "true" },
    { name: "verified", dependsOn: dependencies.map(({ urn }) => urn) },
  );
const mongo = (
  after: readonly PolicedResource[],
  spec: object = {},
  image = "docker.io/library/mongo:7.0.24",
) =>
  statefulSet(
    "mongodb",
    { template: { spec: { containers: [{ name: "mongodb", image }], ...spec } }, volumeClaimTemplates: [] },
    { dependsOn: after.map(({ urn }) => urn) },
  );
const cluster = verified(gates);
/** A client of MongoDB, which does not need AVX. */
const dump = resource("kubernetes:batch/v1:CronJob", {
  spec: {
    jobTemplate: {
      spec: {
        template: { spec: { containers: [{ name: "dump", image: "docker.io/library/mongo:7.0.24" }] } },
      },
    },
  },
});

describePolicy(mongodbGate, {
  valid: [...nodes, ...gates, cluster, mongo([cluster]), dump],
  invalid: [
    [
      "MongoDB without dependencies",
      [...nodes, ...gates, mongo([])],
      "mongodb.dependsOn: has no dependency on a gate that verifies AVX on one, two",
    ],
    [
      "MongoDB with a dependency on the gate of only one node",
      [...nodes, ...gates, verified([gate("one")]), mongo([verified([gate("one")])])],
      "AVX on two",
    ],
    [
      "MongoDB on a node whose gate verifies other CPU flags",
      [
        ...nodes,
        gate("one", "sse4_2"),
        verified([gate("one", "sse4_2")]),
        mongo([verified([gate("one", "sse4_2")])], { nodeSelector: { "kubernetes.io/hostname": "one" } }),
      ],
      "AVX on one",
    ],
    [
      "MongoDB on a server without a gate",
      [
        ...nodes,
        ...gates,
        cluster,
        mongo([cluster], { nodeSelector: { "kubernetes.io/hostname": "server" } }),
      ],
      "AVX on server",
    ],
  ],
});
