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

describe("versions", () => {
  test.each(["v1.35.1+k3s1", "v1.35.1+k3s2", "v1.35.4+k3s1", "v1.36.0+k3s1", "v1.36.9+k3s3"])(
    "%s may follow v1.35.1+k3s1",
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
  ])("from %s to %s is refused", (from, to, what, fix) => {
    const message = refusedVersion(from, to).map(formatDiagnostic).join("\n");
    for (const words of ["lab:cluster.version", from, to, what, "(K4)", fix])
      expect(message).toContain(words);
  });
});

describe("frozen settings", () => {
  test.each([
    ["kubeletDirectory", "/var/lib/rancher/k3s/agent/kubelet", "K3"],
    ["podCidr", "10.44.0.0/16", "N2"],
    ["serviceCidr", "10.45.0.0/16", "N2"],
  ] as const)("%s does not change", (key, value, lesson) => {
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

  test("every refusal of one change is told", () =>
    expect(
      refusedChanges(identity, {
        ...identity,
        version: "v1.34.0+k3s1",
        kubeletDirectory: "/x",
        podCidr: "y",
        serviceCidr: "z",
      }),
    ).toHaveLength(4));

  test("no change is no refusal", () => expect(refusedChanges(identity, { ...identity })).toEqual([]));
});

describe("a new cluster", () => {
  const anew = { master01: "2026-11-21", worker01: "2026-11-21" };

  test("may be another one in everything, on nodes that are all made anew", () =>
    expect(
      refusedChanges(identity, {
        revision: 2,
        nodes: { ...anew, worker02: "" },
        version: "v1.34.0+k3s1",
        kubeletDirectory: "/x",
        podCidr: "y",
        serviceCidr: "z",
      }),
    ).toEqual([]));

  test("is none while a node stays in the one before (S12)", () => {
    const message = refusedChanges(identity, { ...identity, revision: 2, nodes: { ...anew, master01: "" } })
      .map(formatDiagnostic)
      .join("\n");
    for (const words of [
      "lab:cluster.revision: rises from 1 to 2",
      "and master01 would stay in the one before (S12)",
      "fix: order each of them anew with `rebuild`, or write 1 again",
    ])
      expect(message).toContain(words);
  });

  test("does not become the one before again (S12)", () =>
    expect(
      refusedChanges({ ...identity, revision: 2 }, { ...identity, nodes: anew })
        .map(formatDiagnostic)
        .join("\n"),
    ).toContain("goes down from 2 to 1"));

  test("nodes that are ordered anew make none", () =>
    expect(refusedChanges(identity, { ...identity, nodes: anew })).toEqual([]));
});
