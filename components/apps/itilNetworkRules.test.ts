import { describe, expect, test } from "vitest";
import { type ItilService, itilService, itilServices } from "../../catalog/itil.ts";
import { calledBy, itilNetworkRules } from "./itilNetworkRules.ts";

const service = (name: string) => itilService(name) ?? expect.fail(`no ${name}`);
const all: readonly ItilService[] = itilServices;
const rulesOf = (name: string, running = all) =>
  itilNetworkRules(service(name), running, [
    ["mongodb", { namespace: "cortex-itil", pods: { app: "mongodb" }, port: 27017 }],
  ]).map(
    ({ direction, peer, ports }) =>
      `${direction} ${"entities" in peer ? peer.entities : "namespace" in peer ? `${peer.namespace}/${peer.pods?.app}` : "?"}:${ports}`,
  );

describe("the network rules of an ITIL service", () => {
  test("allow egress to its databases and to the services that it calls, and nothing else", () =>
    expect(rulesOf("self-service-portal")).toEqual([
      "egress cortex-itil/mongodb:27017",
      "egress cortex-service-desk/fulfillment-engine:8000",
      "egress cortex-service-desk/ai-service-desk:8000",
    ]));

  test("allow ingress from its callers, and egress to the internet for the download of its models", () =>
    expect(rulesOf("ai-service-desk")).toEqual([
      "egress cortex-itil/mongodb:27017",
      "ingress cortex-service-desk/self-service-portal:8000",
      "egress world:443",
    ]));

  test("name no service that is off", () => {
    expect(rulesOf("self-service-portal", [service("self-service-portal")])).toEqual([
      "egress cortex-itil/mongodb:27017",
    ]);
    expect(calledBy(service("self-service-portal"), [service("kedb")])).toEqual([]);
  });

  test("exist at both ends of every call: egress of the caller, ingress of the called service", () => {
    const names = all.flatMap((one) => itilNetworkRules(one, all, []).map(({ name }) => name));
    for (const { name, calls } of all)
      for (const called of calls)
        expect(names).toEqual(expect.arrayContaining([`${name}-to-${called}`, `${called}-from-${name}`]));
  });

  test("select the service's own pods and one port each", () => {
    for (const one of all)
      for (const { pods, ports } of itilNetworkRules(one, all, [])) {
        expect(pods).toEqual({ app: one.name });
        expect(ports).toHaveLength(1);
      }
  });
});
