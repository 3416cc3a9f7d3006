import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cilium, release, unknown } from "../testing/resources.ts";
import { gatewayProtocols } from "./gatewayProtocols.ts";

const gateway = (change: object) => cilium({ gatewayAPI: change });

describePolicy(gatewayProtocols, {
  valid: [
    cilium(),
    gateway({ gatewayClass: { create: true } }),
    gateway({ enabled: false, enableAlpn: false, gatewayClass: {} }),
    release({ chart: "other", values: { gatewayAPI: { enabled: true } } }),
  ],
  invalid: [
    ["disabled ALPN", [gateway({ enableAlpn: false })], "values.gatewayAPI.enableAlpn = false: is not true"],
    [
      "the chart's default for ALPN",
      [gateway({ enableAlpn: undefined })],
      "gatewayAPI.enableAlpn: is not true",
    ],
    [
      "disabled app protocol",
      [gateway({ enableAppProtocol: false })],
      "enableAppProtocol = false: is not true",
    ],
    ["text as the value of ALPN", [gateway({ enableAlpn: "yes" })], 'enableAlpn = "yes"'],
    [
      "a GatewayClass that depends on an installed CRD",
      [gateway({ gatewayClass: { create: "auto" } })],
      'gatewayClass.create = "auto": is not true',
    ],
    [
      "the chart's default for the GatewayClass",
      [gateway({ gatewayClass: {} })],
      "gatewayAPI.gatewayClass.create: is not true",
    ],
    [
      "a chart that creates no GatewayClass",
      [gateway({ gatewayClass: { create: false } })],
      "gatewayClass.create = false",
    ],
    [
      "disabled ALPN in a chart from a registry",
      [cilium({ gatewayAPI: { enableAlpn: false } }, { chart: "oci://quay.io/cilium/charts/cilium" })],
      "enableAlpn",
    ],
    [
      "disabled ALPN in a chart from a file",
      [cilium({ gatewayAPI: { enableAlpn: false } }, { chart: "charts/cilium-1.20.0.tgz" })],
      "enableAlpn",
    ],
    [
      "disabled ALPN next to unknown values",
      [cilium({ k8sServiceHost: unknown, gatewayAPI: { enableAlpn: false, enableAppProtocol: unknown } })],
      "enableAlpn",
    ],
  ],
});

test("accepts unknown values (N9)", () => {
  expect(violationsOf(gatewayProtocols, [cilium({}, { values: unknown })])).toEqual([]);
  expect(violationsOf(gatewayProtocols, [gateway({ enabled: unknown, enableAlpn: false })])).toEqual([]);
});
