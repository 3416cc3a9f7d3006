import { expect, test } from "vitest";
import { loginServices } from "../../catalog/services.ts";
import { applicationDiagnostics } from "./application.ts";
import { authenticatedServices } from "./applications.ts";

const groupsIn = (services: Parameters<typeof authenticatedServices>[0]["services"]) =>
  Object.fromEntries(authenticatedServices({ services }).map(({ name, groups }) => [name, groups]));

test("declares the services of the base system without mistakes, for admins only", () => {
  const services = authenticatedServices({ services: {} });
  expect(applicationDiagnostics("lab.home.arpa", ["admins"], services)).toEqual([]);
  expect(groupsIn({})).toEqual(Object.fromEntries(loginServices.map((name) => [name, ["admins"]])));
});

test("overrides the groups of one service without a change of the others", () =>
  expect(groupsIn({ hubble: { groups: ["admins", "family"] }, longhorn: { rotation: 2 } })).toEqual({
    ...groupsIn({}),
    hubble: ["admins", "family"],
  }));

test("rejects settings of an unknown service (A5)", () =>
  expect(() => groupsIn({ longhorm: { rotation: 2 } })).toThrow(
    "lab:identity.services.longhorm: is not a service (A5)\n  fix: use one of longhorn, hubble",
  ));
