import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, release, resource } from "../testing/resources.ts";
import { pinnedVersions } from "./pinnedVersions.ts";

const image = (change: object) =>
  resource("proxmoxve:download/file:File", {
    url: "https://example.org/20260712/debian.qcow2",
    checksum: "aa",
    ...change,
  });

describePolicy(pinnedVersions, {
  valid: [release(), cluster(), image({})],
  invalid: [
    ["a version range", [release({ version: "^55.0.0" })], 'it.version = "^55.0.0": is not an exact version'],
    ["a release without a version", [release({ version: undefined })], "it.version: is not an exact version"],
    ["a version with a wildcard", [release({ version: "1.5.x" })], "1.5.x"],
    [
      "a release without a timeout",
      [release({ timeout: undefined })],
      "it.timeout: is not a number of seconds above 0",
    ],
    [
      "a release that is not atomic",
      [release({ atomic: false })],
      "it.atomic = false: is not true, so a failed release stays partly installed",
    ],
    [
      "a release without cleanupOnFail",
      [release({ cleanupOnFail: undefined })],
      "it.cleanupOnFail: is not true",
    ],
    ["a K3s channel", [cluster({ version: "stable" })], 'cluster.version = "stable"'],
    ["a download without a checksum", [image({ checksum: undefined })], "it.checksum: is not set"],
    [
      "a download of a build that changes",
      [image({ url: "https://example.org/latest/debian.qcow2" })],
      "it.url",
      "is the URL of a build that changes",
    ],
  ],
});

test.each([
  [release({ timeout: 0 }), 1],
  [release({ timeout: -1 }), 1],
  [release({ timeout: 1 }), 0],
  [release({ timeout: "600" }), 1],
  [release({ version: "1.2.3-rc.1" }), 0],
  [release({ version: "v1.2.3" }), 0],
  [release({ version: "1.2" }), 1],
  [image({ checksum: "" }), 1],
  [image({ url: "https://example.org/daily/x" }), 1],
  [image({ url: "https://example.org/Current/x" }), 1],
  [image({ url: "https://example.org/latest-1/x" }), 0],
  [image({ url: "https://example.org/x/latest" }), 0],
])("reports at the limits of its rules the right number of violations (P3, case %#)", (resource, count) =>
  expect(violationsOf(pinnedVersions, [resource])).toHaveLength(count),
);
