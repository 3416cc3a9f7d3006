import { expect, test } from "vitest";
import { cilium, release, resource, unknown } from "../testing/resources.ts";
import { unknownValue } from "./known.ts";
import { chartOf, isCiliumGateway, isOn, releaseNamespace, releaseValue } from "./releases.ts";

test.each([
  ["cilium", "cilium"],
  ["oci://quay.io/cilium/charts/cilium", "cilium"],
  ["charts/cilium/", "cilium"],
  ["charts/cilium-1.20.0.tgz", "cilium"],
  ["cilium-v1.20.0-rc.1.tgz", "cilium"],
  ["cilium.tgz", "cilium"],
  ["traefik-crds", "traefik-crds"],
  [unknown, undefined],
])("reads the chart %s as %s", (chart, name) => expect(chartOf(release({ chart }))).toBe(name));

test("reads the chart of a rendered chart, and of no other resource", () => {
  expect(chartOf(resource("kubernetes:helm.sh/v4:Chart", { chart: "valkey" }))).toBe("valkey");
  expect(chartOf(resource("kubernetes:core/v1:Service", { chart: "valkey" }))).toBeUndefined();
});

test("reads the values and the namespace of a release", () => {
  const one = release({ namespace: "media", values: { a: { b: 1, later: unknown } } });
  expect(releaseValue(one, "a", "b")).toBe(1);
  expect(releaseValue(one, "a", "later")).toBe(unknownValue);
  expect(releaseValue(one, "a", "missing")).toBeUndefined();
  expect(releaseNamespace(one)).toBe("media");
  expect(releaseNamespace(release())).toBe("default");
  expect(releaseNamespace(release({ namespace: unknown }))).toBe(unknownValue);
});

test.each([
  [true, true],
  ["true", true],
  [false, false],
  ["false", false],
  [1, false],
  [undefined, false],
])("treats the value %j as true: %s", (value, expected) => expect(isOn(value)).toBe(expected));

test("recognizes Cilium with the Gateway API enabled", () => {
  expect(isCiliumGateway(cilium())).toBe(true);
  expect(isCiliumGateway(cilium({ gatewayAPI: { enabled: false } }))).toBe(false);
  expect(isCiliumGateway(release({ values: { gatewayAPI: { enabled: true } } }))).toBe(false);
});
