import { expect, test } from "vitest";
import { applicationProblems } from "./application.ts";
import { protectedServices } from "./applications.ts";

const groupsIn = (services: Parameters<typeof protectedServices>[0]["services"]) =>
  Object.fromEntries(protectedServices({ services }).map(({ name, groups }) => [name, groups]));

test("the services of the base are declared without a mistake, for admins alone", () => {
  const services = protectedServices({ services: {} });
  expect(applicationProblems("lab.home.arpa", ["admins"], services)).toEqual([]);
  expect(groupsIn({})).toEqual({ longhorn: ["admins"], hubble: ["admins"] });
});

test("a lab may let others in, to one service at a time", () =>
  expect(groupsIn({ hubble: { groups: ["admins", "family"] }, longhorn: { rotation: 2 } })).toEqual({
    longhorn: ["admins"],
    hubble: ["admins", "family"],
  }));

test("settings of a service that does not exist are refused", () =>
  expect(() => groupsIn({ longhorm: { rotation: 2 } })).toThrow(
    "lab:identity.services.longhorm is of no service (A5): write one of longhorn, hubble",
  ));
