import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy, guestCommand, resource } from "../testing/testing.ts";
import { labNode, statefulSet } from "../testing/testingStorage.ts";
import { mongodbGate } from "./mongodbGate.ts";

const nodes = [labNode("one"), labNode("two"), labNode("boss", { role: "server" })];
const gate = (node: string, flags = "avx avx2") =>
  guestCommand(
    "verify-cpu.sh",
    { REQUIRED_FLAGS: flags, EXPECTED_TYPE: "host", CONFIG_PATH: "x" },
    `${node}-verify-cpu`,
  );
const gates = [gate("one"), gate("two")];
const verified = (behind: readonly PolicedResource[]) =>
  resource(
    "command:remote:Command",
    { create: "true" },
    { name: "verified", dependsOn: behind.map(({ urn }) => urn) },
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

describePolicy(mongodbGate, {
  good: [...nodes, ...gates, cluster, mongo([cluster])],
  broken: [
    ["one that waits for nothing", [...nodes, ...gates, mongo([])], "AVX on one, two"],
    [
      "one that waits for one node's gate only",
      [...nodes, ...gates, verified([gate("one")]), mongo([verified([gate("one")])])],
      "AVX on two",
    ],
    [
      "one on a node whose gate asks for something else",
      [
        ...nodes,
        gate("one", "sse4_2"),
        verified([gate("one", "sse4_2")]),
        mongo([verified([gate("one", "sse4_2")])], { nodeSelector: { "kubernetes.io/hostname": "one" } }),
      ],
      "AVX on one",
    ],
    [
      "one that is pinned to a server",
      [...nodes, ...gates, cluster, mongo([cluster], { nodeSelector: { "kubernetes.io/hostname": "boss" } })],
      "AVX on boss",
    ],
  ],
});
