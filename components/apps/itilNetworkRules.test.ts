import { expect, test } from "vitest";
import { type ItilService, itilService, itilServices } from "../../catalog/itil.ts";
import { calledBy, itilNetworkRules } from "./itilNetworkRules.ts";

const service = (name: string) => itilService(name) ?? expect.fail(`no ${name}`);
const all: readonly ItilService[] = itilServices;
const shown = (name: string, running = all) =>
  itilNetworkRules(service(name), running, [
    ["mongodb", { namespace: "cortex-itil", pods: { app: "mongodb" }, port: 27017 }],
  ]).map(
    ({ direction, peer, ports }) =>
      `${direction} ${"world" in peer ? "the internet" : "namespace" in peer ? `${peer.namespace}/${peer.pods?.app}` : "?"}:${ports}`,
  );

test("a service reaches its databases and those that it calls, and nobody else", () =>
  expect(shown("self-service-portal")).toEqual([
    "to cortex-itil/mongodb:27017",
    "to cortex-service-desk/fulfillment-engine:8000",
    "to cortex-service-desk/ai-service-desk:8000",
  ]));

test("a service is reached by those that call it, and its models come from the internet", () =>
  expect(shown("ai-service-desk")).toEqual([
    "to cortex-itil/mongodb:27017",
    "from cortex-service-desk/self-service-portal:8000",
    "to the internet:443",
  ]));

test("services that are off are no part of it", () => {
  expect(shown("self-service-portal", [service("self-service-portal")])).toEqual([
    "to cortex-itil/mongodb:27017",
  ]);
  expect(calledBy(service("self-service-portal"), [service("kedb")])).toEqual([]);
});

test("every way has both ends: out of the caller, and into the called", () => {
  const ends = all.flatMap((one) => itilNetworkRules(one, all, []).map(({ name }) => name));
  for (const { name, calls } of all)
    for (const called of calls)
      expect(ends).toEqual(expect.arrayContaining([`${name}-to-${called}`, `${called}-from-${name}`]));
});

test("every opening holds for the service's own pods alone", () => {
  for (const one of all)
    for (const { pods, ports } of itilNetworkRules(one, all, [])) {
      expect(pods).toEqual({ app: one.name });
      expect(ports).toHaveLength(1);
    }
});
