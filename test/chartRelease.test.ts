import { describe, expect, test } from "vitest";
import type { Catalogue, ChartFiles } from "./chartCatalogue.ts";
import { checkRelease, type Exception } from "./chartRelease.ts";

const web: ChartFiles = {
  values: { replicas: 2, cache: { enabled: false } },
  schema: { type: "object", properties: { replicas: { type: ["integer", "string"] } } },
  subcharts: {
    cache: {
      values: { size: 1, mode: "" },
      schema: { type: "object", properties: { mode: { enum: ["", "ring"] } } },
      subcharts: {},
      condition: "cache.enabled",
    },
  },
};
const catalogue: Catalogue = ({ version }) =>
  version === "1.0.0" ? { chart: web } : { refused: `no web ${version} (P3)` };
const check = (values: unknown, exceptions: readonly Exception[] = []) =>
  checkRelease({ chart: "web", version: "1.0.0", values }, catalogue, exceptions);

describe("checkRelease", () => {
  test.each([
    ["sets nothing", undefined],
    ["has a type that the schema allows in addition to the default's", { replicas: "2" }],
    ["violates the schema of a disabled subchart", { cache: { mode: "square" } }],
  ])("accepts a release that %s", (_, values) => expect(check(values).problems).toEqual([]));

  test.each([
    ["a key", { replica: 1 }, "web 1.0.0: replica is not a value of the chart; did you mean replicas? (A2)"],
    ["a type", { replicas: true }, "web 1.0.0: replicas must be integer,string (A2)"],
    [
      "the schema of an enabled subchart",
      { cache: { enabled: true, mode: "square" } },
      "web 1.0.0: cache.mode must be one of , ring (A2)",
    ],
  ])("rejects once a release that violates %s", (_, values, message) =>
    expect(check(values).problems).toEqual([message]),
  );

  test.each([
    ["an unknown version", { chart: "web", version: "1.0.1" }, "no web 1.0.1 (P3)"],
    ["no version", { chart: "web" }, "does not name chart and version as plain text (P3)"],
    ["values in files", { chart: "web", version: "1.0.0", valueYamlFiles: ["a"] }, "web: valueYamlFiles"],
    ["hidden values", { chart: "web", version: "1.0.0", values: "[secret]" }, "web: values is hidden"],
  ])("rejects a release with %s", (_, inputs, message) =>
    expect(checkRelease(inputs, catalogue).problems).toEqual([expect.stringContaining(message)]),
  );
});

describe("an exception of checkRelease", () => {
  const port: Exception = { chart: "web", path: "port", why: "read by the template of the service" };

  test("allows its path, and is reported as used", () =>
    expect(check({ port: 80 }, [port])).toEqual({ problems: [], used: [port] }));

  test("is not reported as used where its path is not set", () => expect(check({}, [port]).used).toEqual([]));

  test("does not apply to another chart", () =>
    expect(check({ port: 80 }, [{ ...port, chart: "db" }]).problems).toHaveLength(1));
});
