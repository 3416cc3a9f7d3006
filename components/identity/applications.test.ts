import { expect, test } from "vitest";
import { loginServices } from "../../catalog/services.ts";
import { applicationProblems } from "./application.ts";
import { loggedInServices } from "./applications.ts";

const groupsIn = (services: Parameters<typeof loggedInServices>[0]["services"]) =>
  Object.fromEntries(loggedInServices({ services }).map(({ name, groups }) => [name, groups]));

test("the services of the base are declared without a mistake, for admins alone", () => {
  const services = loggedInServices({ services: {} });
  expect(applicationProblems("lab.home.arpa", ["admins"], services)).toEqual([]);
  expect(groupsIn({})).toEqual(Object.fromEntries(loginServices.map((name) => [name, ["admins"]])));
});

test("a lab may let others in, to one service at a time", () =>
  expect(groupsIn({ hubble: { groups: ["admins", "family"] }, longhorn: { rotation: 2 } })).toEqual({
    ...groupsIn({}),
    hubble: ["admins", "family"],
  }));

test("settings of a service that does not exist are refused", () =>
  expect(() => groupsIn({ longhorm: { rotation: 2 } })).toThrow(
    "lab:identity.services.longhorm: is of no service (A5)\n  fix: write one of longhorn, hubble",
  ));
