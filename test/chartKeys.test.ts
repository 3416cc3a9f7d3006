import { describe, expect, test } from "vitest";
import { type ChartValues, checkValues, effectiveValues, merged, type Values } from "./chartKeys.ts";

const cache: ChartValues = {
  values: { port: 6379, auth: { enabled: true, password: "" }, global: { registry: "" } },
  subcharts: {},
};
const chart: ChartValues = {
  values: {
    replicas: 2,
    name: "web",
    debug: false,
    service: { type: "ClusterIP", portNumber: 80 },
    extraArgs: [],
    extra: {},
    tls: null,
    nodeSelector: { "kubernetes.io/os": "linux" },
    resources: { limits: { memory: "1Gi" } },
    affinity: {},
    storage: { resources: { disk: "10Gi" } },
    cache: { enabled: true, port: 6380 },
  },
  subcharts: { cache },
};
const check = (set: Values) => checkValues(set, chart).map(({ path, message }) => `${path} ${message}`);

describe("checkValues accepts", () => {
  test.each<[string, Values]>([
    ["nothing", {}],
    ["the chart's own", chart.values],
    ["of the kind of their default", { replicas: 1, name: "", debug: true, service: { portNumber: 8080 } }],
    ["anything in an open map", { extra: { any: { thing: [1, "two"] } } }],
    ["anything in a list", { extraArgs: ["--verbose", { name: "x" }] }],
    ["anything where the default is null", { tls: { secret: "x" } }],
    ["null, which takes a key out", { service: { type: null }, extra: null }],
    ["more names in a selector", { nodeSelector: { storage: "longhorn" } }],
    ["fields of Kubernetes that the chart does not show", { resources: { requests: { cpu: "10m" } } }],
    ["those of a subchart, and its own key for it", { cache: { port: 1, auth: { enabled: false } } }],
    ["the globals of a subchart", { global: { registry: "mirror" } }],
    ["hidden plain values", { name: "[secret]", replicas: "[unknown]", extra: "[unknown]" }],
  ])("%s", (_, set) => expect(check(set)).toEqual([]));
});

describe("checkValues rejects", () => {
  test.each<[Values, string]>([
    [{ service: { port: 80 } }, "service.port is not a value of the chart; did you mean service.portNumber?"],
    [{ replica: 1 }, "replica is not a value of the chart; did you mean replicas?"],
    [{ portNumber: 1 }, "portNumber is not a value of the chart; did you mean service.portNumber?"],
    [{ zzz: 1 }, "zzz is not a value of the chart"],
    [
      { cache: { auth: { pasword: "x" } } },
      "cache.auth.pasword is not a value of the chart; did you mean cache.auth.password?",
    ],
    [{ global: { proxy: "x" } }, "global.proxy is not a value of the chart"],
    [
      { resources: { limit: {} } },
      "resources.limit is not a value of the chart; did you mean resources.limits?",
    ],
    [
      { affinity: { node: {} } },
      "affinity.node is not a value of the chart; did you mean affinity.nodeAffinity?",
    ],
    [
      { storage: { resources: { limits: {} } } },
      "storage.resources.limits is not a value of the chart; did you mean resources.limits?",
    ],
    [{ service: "LoadBalancer" }, "service is a string, but the chart has a map there"],
    [{ service: ["x"] }, "service is a list, but the chart has a map there"],
    [{ extra: true }, "extra is a boolean, but the chart has a map there"],
    [{ replicas: "2" }, "replicas is a string, but the chart has a number there"],
    [{ debug: "true" }, "debug is a string, but the chart has a boolean there"],
    [{ name: { first: "x" } }, "name is a map, but the chart has a string there"],
    [{ extraArgs: { verbose: true } }, "extraArgs is a map, but the chart has a list there"],
  ])("%j", (set, message) => expect(check(set)).toEqual([message]));

  test("a map that is hidden as a whole", () =>
    expect(check({ service: "[unknown]" })).toEqual([
      expect.stringContaining("service is hidden as a whole"),
    ]));

  test("values of a chart without values", () =>
    expect(checkValues({ global: { a: 1 }, b: 1 }, { values: {}, subcharts: {} })).toHaveLength(2));
});

test("checkValues accepts a path that an exception allows, and only that path", () => {
  const free = (path: string) => path === "service.port";
  expect(checkValues({ service: { port: { a: 1 } } }, chart, { free })).toEqual([]);
  expect(checkValues({ service: { ports: 1 } }, chart, { free })).toHaveLength(1);
});

test("checkValues leaves a type to the schema where the schema judges it, and rejects an unknown key there", () => {
  const typed = () => true;
  expect(checkValues({ replicas: "2" }, chart, { typed })).toEqual([]);
  expect(checkValues({ replica: "2" }, chart, { typed })).toHaveLength(1);
});

test("merged merges values as Helm does", () => {
  expect(merged({ a: { b: 1, c: 2 }, d: [1], e: 1 }, { a: { b: null, c: 3 }, d: [2], f: null })).toEqual({
    a: { c: 3 },
    d: [2],
    e: 1,
    f: null,
  });
  expect(effectiveValues(chart).cache).toMatchObject({ port: 6380, auth: { enabled: true } });
});
