import { describe, expect, test } from "vitest";
import { charts, longhornVersions } from "../catalog/charts.ts";
import {
  compareK3s,
  knownFaults,
  knownSteps,
  parseK3sVersion,
  partsOf,
  type SupportedMinors,
  stepFault,
  supportedMinors,
  versionFaults,
} from "./kubernetesVersions.ts";

const part = (name: string, from: number, to?: number): SupportedMinors => ({
  name,
  from,
  ...(to === undefined ? {} : { to }),
  source: `https://${name}.example.org`,
  raise: `charts.${name}`,
});
const parts = [part("mesh", 33, 36), part("disk", 30), part("sql", 34, 36)];
const newest = [part("mesh", 33, 37), part("disk", 30), part("sql", 34, 37)];

test("the table has exactly the releases that the program can install", () => {
  const pinned = [charts.cilium, charts.cloudNativePg, charts.certManager];
  expect(Object.keys(supportedMinors).toSorted()).toEqual(
    [
      ...pinned.map(({ chart, version }) => `${chart} ${version}`),
      ...longhornVersions.map((version) => `longhorn ${version}`),
    ].toSorted(),
  );
  for (const version of longhornVersions) expect(partsOf(version)).toHaveLength(4);
});

describe("the check of a version", () => {
  test.each(["v1.34.9+k3s1", "v1.35.9+k3s1", "v1.36.0+k3s1"])(
    "accepts the minor of %s, which all parts support",
    (version) => expect(versionFaults(version, parts)).toEqual([]),
  );

  test.each([
    ["v1.32.9+k3s1", ["mesh supports 1.33 to 1.36", "sql supports 1.34 to 1.36"], ["disk"]],
    ["v1.33.9+k3s1", ["sql supports 1.34 to 1.36"], ["mesh", "disk"]],
    ["v1.37.0+k3s1", ["mesh supports 1.33 to 1.36 (https://mesh.example.org)", "sql supports"], ["disk"]],
    ["v1.29.0+k3s1", ["disk needs 1.30 or later"], []],
  ])("rejects the minor of %s with the parts that do not support it", (version, words, without) => {
    const [fault] = versionFaults(version, parts);
    for (const each of words) expect(fault?.message).toContain(each);
    for (const each of without) expect(fault?.message).not.toContain(each);
  });

  test("shows the range that all parts support, and the parts to upgrade", () =>
    expect(versionFaults("v1.37.1+k3s1", parts)[0]?.fix).toBe(
      "write a release of v1.34 to v1.36, or choose releases of these parts that support 1.37 (charts.mesh and charts.sql)",
    ));

  test("shows no range if the parts have none in common", () =>
    expect(versionFaults("v1.35.1+k3s1", [part("mesh", 33, 34), part("sql", 36)])[0]?.fix).toMatch(
      /^choose releases/,
    ));
});

describe("the check of known faults", () => {
  test.each([
    ["v1.34.1+k3s1", ["13623"], "v1.34.4+k3s1"],
    ["v1.34.3+k3s2", ["13623"], "v1.34.4+k3s1"],
    ["v1.34.3+k3s3", ["13623", "13574"], "v1.34.4+k3s1"],
    ["v1.35.0+k3s1", ["13623"], "v1.35.1+k3s1"],
    ["v1.35.0+k3s3", ["13623", "13574"], "v1.35.1+k3s1"],
  ])("rejects %s", (version, issues, fixed) => {
    const [fault] = versionFaults(version, parts);
    expect(fault?.fix).toBe(`write ${fixed} or a later release, and its checksum`);
    for (const issue of ["13623", "13574"])
      expect(fault?.message.includes(`issues/${issue}`)).toBe(issues.includes(issue));
  });

  test.each(["v1.34.4+k3s1", "v1.34.4+k3s2", "v1.35.1+k3s1", "v1.36.0+k3s1", "v1.36.2+k3s1", "v1.36.3+k3s1"])(
    "accepts %s",
    (version) => expect(versionFaults(version, parts)).toEqual([]),
  );

  test("finds no fault in the release that fixes one", () => {
    for (const { fixedIn } of knownFaults) expect(versionFaults(fixedIn, newest)).toEqual([]);
  });
});

describe("the check of an upgrade", () => {
  test.each([
    ["v1.33.7+k3s1", "v1.34.9+k3s1", "v1.33.8+k3s1", "etcd 3.5.26"],
    ["v1.33.8+k3s0", "v1.34.9+k3s1", "v1.33.8+k3s1", "etcd 3.5.26"],
    ["v1.36.1+k3s1", "v1.37.1+k3s1", "v1.36.2+k3s1", "3.6.11"],
  ])("rejects %s to %s", (from, to, least, reason) => {
    const fault = stepFault(from, to);
    expect(fault?.message).toContain(reason);
    expect(fault?.message).toContain("https://");
    expect(fault?.fix).toContain(`go to ${least}`);
  });

  test.each([
    ["v1.33.8+k3s1", "v1.34.9+k3s1"],
    ["v1.33.9+k3s1", "v1.34.9+k3s1"],
    ["v1.33.1+k3s1", "v1.33.9+k3s1"],
    ["v1.34.4+k3s1", "v1.35.1+k3s1"],
    ["v1.36.2+k3s1", "v1.37.1+k3s1"],
    ["v1.36.0+k3s1", "v1.36.2+k3s1"],
    ["v1.37.0+k3s1", "v1.37.1+k3s1"],
  ])("accepts %s to %s", (from, to) => expect(stepFault(from, to)).toBeUndefined());

  test("has entries that start in the previous minor only", () => {
    for (const { into, least } of knownSteps) expect(parseK3sVersion(least).minor).toBe(into - 1);
  });
});

test("orders K3s releases of one Kubernetes release by their number", () => {
  const order = ["v1.35.0+k3s1", "v1.35.0+k3s2", "v1.35.0+k3s10", "v1.35.1+k3s1", "v1.36.0+k3s1"].map(
    parseK3sVersion,
  );
  expect(order.toReversed().toSorted(compareK3s)).toEqual(order);
  expect(() => parseK3sVersion("stable")).toThrow("stable is not a version");
});
