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

test("every release of the parts that the program can install is in the table, and nothing else", () => {
  const pinned = [charts.cilium, charts.cloudNativePg, charts.certManager];
  expect(Object.keys(supportedMinors).toSorted()).toEqual(
    [
      ...pinned.map(({ chart, version }) => `${chart} ${version}`),
      ...longhornVersions.map((version) => `longhorn ${version}`),
    ].toSorted(),
  );
  for (const version of longhornVersions) expect(partsOf(version)).toHaveLength(4);
});

describe("a minor", () => {
  test.each(["v1.34.9+k3s1", "v1.35.9+k3s1", "v1.36.0+k3s1"])("of %s is supported by all parts", (version) =>
    expect(versionFaults(version, parts)).toEqual([]),
  );

  test.each([
    ["v1.32.9+k3s1", ["mesh supports 1.33 to 1.36", "sql supports 1.34 to 1.36"], ["disk"]],
    ["v1.33.9+k3s1", ["sql supports 1.34 to 1.36"], ["mesh", "disk"]],
    ["v1.37.0+k3s1", ["mesh supports 1.33 to 1.36 (https://mesh.example.org)", "sql supports"], ["disk"]],
    ["v1.29.0+k3s1", ["disk needs 1.30 or later"], []],
  ])("of %s is refused with the parts that do not support it", (version, words, without) => {
    const [fault] = versionFaults(version, parts);
    for (const each of words) expect(fault?.message).toContain(each);
    for (const each of without) expect(fault?.message).not.toContain(each);
  });

  test("that is refused names the range of all parts, and what to raise", () =>
    expect(versionFaults("v1.37.1+k3s1", parts)[0]?.fix).toBe(
      "write a release of v1.34 to v1.36, or choose releases of these parts that support 1.37 (charts.mesh and charts.sql)",
    ));

  test("is refused without a range where the parts have none in common", () =>
    expect(versionFaults("v1.35.1+k3s1", [part("mesh", 33, 34), part("sql", 36)])[0]?.fix).toMatch(
      /^choose releases/,
    ));
});

describe("a release with a known fault", () => {
  test.each([
    ["v1.34.1+k3s1", ["13623"], "v1.34.4+k3s1"],
    ["v1.34.3+k3s2", ["13623"], "v1.34.4+k3s1"],
    ["v1.34.3+k3s3", ["13623", "13574"], "v1.34.4+k3s1"],
    ["v1.35.0+k3s1", ["13623"], "v1.35.1+k3s1"],
    ["v1.35.0+k3s3", ["13623", "13574"], "v1.35.1+k3s1"],
  ])("%s is refused", (version, issues, fixed) => {
    const [fault] = versionFaults(version, parts);
    expect(fault?.fix).toBe(`write ${fixed} or a later release, and its checksum`);
    for (const issue of ["13623", "13574"])
      expect(fault?.message.includes(`issues/${issue}`)).toBe(issues.includes(issue));
  });

  test.each(["v1.34.4+k3s1", "v1.34.4+k3s2", "v1.35.1+k3s1", "v1.36.0+k3s1", "v1.36.2+k3s1", "v1.36.3+k3s1"])(
    "%s is not one",
    (version) => expect(versionFaults(version, parts)).toEqual([]),
  );

  test("the fix of every fault has no other one", () => {
    for (const { fixedIn } of knownFaults) expect(versionFaults(fixedIn, newest)).toEqual([]);
  });
});

describe("a step into another minor", () => {
  test.each([
    ["v1.33.7+k3s1", "v1.34.9+k3s1", "v1.33.8+k3s1", "etcd 3.5.26"],
    ["v1.33.8+k3s0", "v1.34.9+k3s1", "v1.33.8+k3s1", "etcd 3.5.26"],
    ["v1.36.1+k3s1", "v1.37.1+k3s1", "v1.36.2+k3s1", "3.6.11"],
  ])("from %s to %s is refused", (from, to, least, reason) => {
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
  ])("from %s to %s may be taken", (from, to) => expect(stepFault(from, to)).toBeUndefined());

  test("every known one begins in the minor before", () => {
    for (const { into, least } of knownSteps) expect(parseK3sVersion(least).minor).toBe(into - 1);
  });
});

test("K3s counts its own releases of one Kubernetes release", () => {
  const order = ["v1.35.0+k3s1", "v1.35.0+k3s2", "v1.35.0+k3s10", "v1.35.1+k3s1", "v1.36.0+k3s1"].map(
    parseK3sVersion,
  );
  expect(order.toReversed().toSorted(compareK3s)).toEqual(order);
  expect(() => parseK3sVersion("stable")).toThrow("stable is not a version");
});
