import fc from "fast-check";
import { expect, test } from "vitest";
import { type ItilService, itilNamespaces, itilServices } from "../catalog/itil.ts";
import { fullImage, plannedServices, roomFor, roomOf, runningServices, workersOf } from "./itilPlan.ts";
import { readLab } from "./read.ts";
import type { LabConfig } from "./schema.ts";
import { readStackFile } from "./source.ts";

type Section = NonNullable<LabConfig["itil"]>;
const section = (services: Section["services"], more: Partial<Section> = {}) => ({
  itil: { registry: "registry.lab.example.net/itil", groups: ["admins"], services, ...more },
});
const planned = (name: string, lab: { readonly itil?: Section }) =>
  plannedServices({ itil: lab.itil }).find((service) => service.name === name) ?? expect.fail(`no ${name}`);

test("runs no service in a lab without lab:itil", () => {
  expect(runningServices({ itil: undefined })).toEqual([]);
  expect(plannedServices({ itil: undefined })).toHaveLength(itilServices.length);
});

test("runs no service without an image, even with other settings", () =>
  expect(runningServices(section({ kedb: { replicas: 3, memoryMiB: 512 } }))).toEqual([]));

test("uses the values of the catalogue for settings that the file leaves out", () =>
  expect(planned("kedb", section({ kedb: { image: "kedb:1.4.2" } }))).toMatchObject({
    image: "registry.lab.example.net/itil/kedb:1.4.2",
    replicas: 1,
    most: 1,
    memoryMiB: 256,
    groups: ["admins"],
    rotation: 1,
  }));

test("uses the settings of the file instead of the catalogue", () => {
  const own = {
    image: "ghcr.io/me/portal:2.0.0",
    replicas: 3,
    memoryMiB: 512,
    groups: ["family"],
    rotation: 4,
  };
  expect(planned("self-service-portal", section({ "self-service-portal": own }))).toMatchObject({
    ...own,
    most: 6,
  });
});

test.each([
  ["kedb:1.4.2", "registry.lab:5000/itil", "registry.lab:5000/itil/kedb:1.4.2"],
  ["ghcr.io/me/kedb:1.4.2", "registry.lab:5000/itil", "ghcr.io/me/kedb:1.4.2"],
  ["ghcr.io/me/kedb:1.4.2", undefined, "ghcr.io/me/kedb:1.4.2"],
])("resolves the image %s in the registry %s to %s", (image, registry, full) =>
  expect(fullImage(image, registry)).toBe(full),
);

test("adds up the requests of all services of a namespace, and one more pod of each", () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...itilServices.map(({ name }: ItilService) => name))),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 32, max: 4096 }),
      (names, replicas, memoryMiB) => {
        const lab = section(
          Object.fromEntries(names.map((name) => [name, { image: `${name}:1.0.0`, replicas, memoryMiB }])),
        );
        const running = runningServices(lab);
        const rooms = itilNamespaces.map((namespace) => roomFor(lab, namespace));
        const sum = (what: "memoryMiB" | "cpuMillis" | "pods") =>
          rooms.reduce((total, room) => total + room[what], 0);
        expect(running.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
        expect(sum("pods")).toBe(running.reduce((total, { most }) => total + most + 1, 0));
        expect(sum("memoryMiB")).toBe(memoryMiB * sum("pods"));
        expect(sum("cpuMillis")).toBeGreaterThanOrEqual(roomOf(running).cpuMillis);
        for (const { most } of running) expect([replicas, 2 * replicas]).toContain(most);
      },
    ),
  ));

test("places pods on agents, without the share for the system", () => {
  const { config } = readLab("homelab", readStackFile("test/reference.yaml"));
  const workers = workersOf(config);
  expect(workers.map(({ name }) => name)).toEqual(["worker-1", "worker-2", "worker-3", "worker-4"]);
  expect(workers[0]).toEqual({ name: "worker-1", memoryMiB: 18022, cpuMillis: 5280 });
});

test("places pods on servers in a lab without agents", () => {
  const { nodes } = readLab("homelab", readStackFile("test/reference.yaml")).config;
  const servers = Object.fromEntries(Object.entries(nodes).filter(([, { role }]) => role === "server"));
  expect(workersOf({ nodes: servers }).map(({ name }) => name)).toEqual(Object.keys(servers));
});

test("calls existing services only, and no service calls itself", () => {
  const names = itilServices.map(({ name }: ItilService) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, calls } of itilServices as readonly ItilService[])
    expect(calls.filter((called) => called === name || !names.includes(called))).toEqual([]);
});
