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

describe("values that a chart has", () => {
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

describe("values that a chart does not have", () => {
  test.each<[Values, string]>([
    [{ service: { port: 80 } }, "service.port is no value of the chart; did you mean service.portNumber?"],
    [{ replica: 1 }, "replica is no value of the chart; did you mean replicas?"],
    [{ portNumber: 1 }, "portNumber is no value of the chart; did you mean service.portNumber?"],
    [{ zzz: 1 }, "zzz is no value of the chart"],
    [
      { cache: { auth: { pasword: "x" } } },
      "cache.auth.pasword is no value of the chart; did you mean cache.auth.password?",
    ],
    [{ global: { proxy: "x" } }, "global.proxy is no value of the chart"],
    [
      { resources: { limit: {} } },
      "resources.limit is no value of the chart; did you mean resources.limits?",
    ],
    [
      { affinity: { node: {} } },
      "affinity.node is no value of the chart; did you mean affinity.nodeAffinity?",
    ],
    [
      { storage: { resources: { limits: {} } } },
      "storage.resources.limits is no value of the chart; did you mean resources.limits?",
    ],
    [{ service: "LoadBalancer" }, "service is a string, and the chart has a map there"],
    [{ service: ["x"] }, "service is a list, and the chart has a map there"],
    [{ extra: true }, "extra is a boolean, and the chart has a map there"],
    [{ replicas: "2" }, "replicas is a string, and the chart has a number there"],
    [{ debug: "true" }, "debug is a string, and the chart has a boolean there"],
    [{ name: { first: "x" } }, "name is a map, and the chart has a string there"],
    [{ extraArgs: { verbose: true } }, "extraArgs is a map, and the chart has a list there"],
  ])("%j", (set, message) => expect(check(set)).toEqual([message]));

  test("hidden as a whole", () =>
    expect(check({ service: "[unknown]" })).toEqual([
      expect.stringContaining("service is hidden as a whole"),
    ]));

  test("in a chart that has none at all", () =>
    expect(checkValues({ global: { a: 1 }, b: 1 }, { values: {}, subcharts: {} })).toHaveLength(2));
});

test("a path that is allowed is free, and none beside it", () => {
  const free = (path: string) => path === "service.port";
  expect(checkValues({ service: { port: { a: 1 } } }, chart, { free })).toEqual([]);
  expect(checkValues({ service: { ports: 1 } }, chart, { free })).toHaveLength(1);
});

test("a type that somebody else judges may be another one, and an unknown key may not", () => {
  const typed = () => true;
  expect(checkValues({ replicas: "2" }, chart, { typed })).toEqual([]);
  expect(checkValues({ replica: "2" }, chart, { typed })).toHaveLength(1);
});

test("values are merged as Helm does it", () => {
  expect(merged({ a: { b: 1, c: 2 }, d: [1], e: 1 }, { a: { b: null, c: 3 }, d: [2], f: null })).toEqual({
    a: { c: 3 },
    d: [2],
    e: 1,
    f: null,
  });
  expect(effectiveValues(chart).cache).toMatchObject({ port: 6380, auth: { enabled: true } });
});
