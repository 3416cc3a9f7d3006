import { expect, test } from "vitest";
import { breachesOf, cilium, describePolicy, release, unknown } from "../testing/testing.ts";
import { gatewayProtocols } from "./gatewayProtocols.ts";

const gateway = (change: object) => cilium({ gatewayAPI: change });

describePolicy(gatewayProtocols, {
  good: [
    cilium(),
    gateway({ gatewayClass: { create: true } }),
    gateway({ enabled: false, enableAlpn: false, gatewayClass: {} }),
    release({ chart: "other", values: { gatewayAPI: { enabled: true } } }),
  ],
  broken: [
    ["ALPN off", [gateway({ enableAlpn: false })], "values.gatewayAPI.enableAlpn = false", "reset"],
    ["ALPN left to the chart", [gateway({ enableAlpn: undefined })], "values.gatewayAPI.enableAlpn is off"],
    ["app-protocol off", [gateway({ enableAppProtocol: false })], "gatewayAPI.enableAppProtocol = false"],
    ["a word for ALPN", [gateway({ enableAlpn: "yes" })], 'enableAlpn = "yes"'],
    [
      "a class by chance",
      [gateway({ gatewayClass: { create: "auto" } })],
      'gatewayClass.create = "auto"',
      "happens",
    ],
    ["a class left to the chart", [gateway({ gatewayClass: {} })], "gatewayAPI.gatewayClass.create makes"],
    ["no class", [gateway({ gatewayClass: { create: false } })], "gatewayClass.create = false"],
    [
      "a chart from a registry",
      [cilium({ gatewayAPI: { enableAlpn: false } }, { chart: "oci://quay.io/cilium/charts/cilium" })],
      "enableAlpn",
    ],
    [
      "a chart in a file",
      [cilium({ gatewayAPI: { enableAlpn: false } }, { chart: "charts/cilium-1.20.0.tgz" })],
      "enableAlpn",
    ],
    [
      "ALPN off beside what is not known yet",
      [cilium({ k8sServiceHost: unknown, gatewayAPI: { enableAlpn: false, enableAppProtocol: unknown } })],
      "enableAlpn",
    ],
  ],
});

test("values not known yet are judged once they are", () => {
  expect(breachesOf(gatewayProtocols, [cilium({}, { values: unknown })])).toEqual([]);
  expect(breachesOf(gatewayProtocols, [gateway({ enabled: unknown, enableAlpn: false })])).toEqual([]);
});
