import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { type ClusterIdentity, refusedChanges, refusedVersion } from "./changes.ts";

const identity: ClusterIdentity = {
  revision: 1,
  nodes: { master01: "", worker01: "2026-11-01" },
  version: "v1.35.1+k3s1",
  kubeletDirectory: "/var/lib/kubelet",
  podCidr: "10.42.0.0/16",
  serviceCidr: "10.43.0.0/16",
};

describe("refusedVersion", () => {
  test.each(["v1.35.1+k3s1", "v1.35.1+k3s2", "v1.35.4+k3s1", "v1.36.0+k3s1", "v1.36.9+k3s3"])(
    "accepts %s after v1.35.1+k3s1",
    (to) => expect(refusedVersion("v1.35.1+k3s1", to)).toEqual([]),
  );

  test.each([
    ["v1.35.1+k3s1", "v1.37.0+k3s1", "jumps", "a release of v1.36"],
    ["v1.35.1+k3s1", "v2.0.0+k3s1", "jumps", "a release of v1.36"],
    ["v1.35.1+k3s1", "v1.35.0+k3s9", "goes down", "write v1.35.1+k3s1 or a later version"],
    ["v1.35.1+k3s2", "v1.35.1+k3s1", "goes down", "write v1.35.1+k3s2"],
    ["v1.32.5+k3s1", "v1.30.13+k3s1", "goes down", "write v1.32.5+k3s1"],
    ["v1.33.7+k3s1", "v1.34.9+k3s1", "etcd goes from 3.5 to 3.6", "go to v1.33.8+k3s1 or a later release"],
    ["v1.36.1+k3s1", "v1.37.1+k3s1", "etcd goes from 3.6 to 3.7", "go to v1.36.2+k3s1 or a later release"],
  ])("rejects a change from %s to %s (K4)", (from, to, what, fix) => {
    const message = refusedVersion(from, to).map(formatDiagnostic).join("\n");
    for (const words of ["lab:cluster.version", from, to, what, "(K4)", fix])
      expect(message).toContain(words);
  });
});

describe("refusedChanges", () => {
  test.each([
    ["kubeletDirectory", "/var/lib/rancher/k3s/agent/kubelet", "K3"],
    ["podCidr", "10.44.0.0/16", "N2"],
    ["serviceCidr", "10.45.0.0/16", "N2"],
  ] as const)("rejects another %s in a running cluster", (key, value, lesson) => {
    const message = refusedChanges(identity, { ...identity, [key]: value })
      .map(formatDiagnostic)
      .join("\n");
    for (const words of [
      `lab:cluster.${key}`,
      identity[key],
      value,
      `(${lesson})`,
      `write ${identity[key]} again`,
    ])
      expect(message).toContain(words);
  });

  test("reports every rejected setting of one change", () =>
    expect(
      refusedChanges(identity, {
        ...identity,
        version: "v1.34.0+k3s1",
        kubeletDirectory: "/x",
        podCidr: "y",
        serviceCidr: "z",
      }),
    ).toHaveLength(4));

  test("accepts a cluster without changes", () =>
    expect(refusedChanges(identity, { ...identity })).toEqual([]));
});

describe("a new cluster revision", () => {
  const rebuilt = { master01: "2026-11-21", worker01: "2026-11-21" };

  test("accepts every change when all nodes are rebuilt", () =>
    expect(
      refusedChanges(identity, {
        revision: 2,
        nodes: { ...rebuilt, worker02: "" },
        version: "v1.34.0+k3s1",
        kubeletDirectory: "/x",
        podCidr: "y",
        serviceCidr: "z",
      }),
    ).toEqual([]));

  test("rejects a new revision while a node stays in the old cluster (S12)", () => {
    const message = refusedChanges(identity, {
      ...identity,
      revision: 2,
      nodes: { ...rebuilt, master01: "" },
    })
      .map(formatDiagnostic)
      .join("\n");
    for (const words of [
      "lab:cluster.revision: rises from 1 to 2",
      "but master01 would stay in the old one (S12)",
      "fix: rebuild each of these nodes with `rebuild`, or write 1 again",
    ])
      expect(message).toContain(words);
  });

  test("rejects an earlier revision (S12)", () =>
    expect(
      refusedChanges({ ...identity, revision: 2 }, { ...identity, nodes: rebuilt })
        .map(formatDiagnostic)
        .join("\n"),
    ).toContain("goes down from 2 to 1"));

  test("accepts rebuilt nodes in the same revision", () =>
    expect(refusedChanges(identity, { ...identity, nodes: rebuilt })).toEqual([]));
});
