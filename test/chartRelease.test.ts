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
const catalogue: Catalogue = ({ chart, version }) =>
  chart !== "web"
    ? { unavailable: "the repository does not answer" }
    : version === "1.0.0"
      ? { chart: web }
      : { refused: `no web ${version} (P3)` };
const check = (values: unknown, exceptions: readonly Exception[] = []) =>
  checkRelease({ chart: "web", version: "1.0.0", values }, catalogue, exceptions);

describe("a release", () => {
  test.each([
    ["sets nothing", undefined],
    ["has a type that the schema allows beside the default's", { replicas: "2" }],
    ["breaks the schema of a subchart that is off", { cache: { mode: "square" } }],
  ])("that %s is fine", (_, values) => expect(check(values).problems).toEqual([]));

  test.each([
    ["a key", { replica: 1 }, "web 1.0.0: replica is no value of the chart; did you mean replicas? (A2)"],
    ["a type", { replicas: true }, "web 1.0.0: replicas must be integer,string (A2)"],
    [
      "the schema of a subchart that is on",
      { cache: { enabled: true, mode: "square" } },
      "web 1.0.0: cache.mode is none of , ring (A2)",
    ],
  ])("that breaks %s is refused once", (_, values, message) =>
    expect(check(values).problems).toEqual([message]),
  );

  test.each([
    ["an unknown version", { chart: "web", version: "1.0.1" }, "no web 1.0.1 (P3)"],
    ["no version", { chart: "web" }, "names no chart and version as plain text (P3)"],
    ["values in files", { chart: "web", version: "1.0.0", valueYamlFiles: ["a"] }, "web: valueYamlFiles"],
    ["hidden values", { chart: "web", version: "1.0.0", values: "[secret]" }, "web: values is hidden"],
  ])("with %s is refused", (_, inputs, message) =>
    expect(checkRelease(inputs, catalogue).problems).toEqual([expect.stringContaining(message)]),
  );

  test("whose chart cannot be had is neither fine nor refused", () =>
    expect(checkRelease({ chart: "db", version: "1.0.0" }, catalogue)).toEqual({
      problems: [],
      unavailable: "the repository does not answer",
      used: [],
    }));
});

describe("an exception", () => {
  const port: Exception = { chart: "web", path: "port", why: "read by the template of the service" };

  test("allows its path and is used", () =>
    expect(check({ port: 80 }, [port])).toEqual({ problems: [], used: [port] }));

  test("is not used where its path is not set", () => expect(check({}, [port]).used).toEqual([]));

  test("does not hold for another chart", () =>
    expect(check({ port: 80 }, [{ ...port, chart: "db" }]).problems).toHaveLength(1));
});
