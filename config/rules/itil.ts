import { type ItilService, itilService, itilServices } from "../../catalog/itil.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { type PlannedService, roomOf, runningServices, type Worker, workersOf } from "../itilPlan.ts";
import { systemReservePercent } from "../lab.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** The services of the ITIL platform exist in the catalogue, have images, name declared groups, and fit on the nodes. */
export const itil: Rule = (config) => {
  if (config.itil === undefined) return [];
  return [
    ...unknownServices(config.itil),
    ...imagesWithoutRegistry(config.itil),
    ...groups(config),
    ...loginFields(config.itil),
    ...databases(config),
    ...room(config),
  ];
};

type Section = NonNullable<LabConfig["itil"]>;

function unknownServices({ services }: Section): Diagnostic[] {
  const names = itilServices.map(({ name }: ItilService) => name);
  return Object.keys(services)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: formatPath(["itil", "services", name]),
      lesson: null,
      message: "is not a service of the ITIL platform",
      fix: `write one of ${names.join(", ")}; a new service is declared in catalog/itil.ts`,
    }));
}

/** I2: an image without a registry would be pulled from Docker Hub. */
function imagesWithoutRegistry({ registry, services }: Section): Diagnostic[] {
  if (registry !== undefined) return [];
  return Object.entries(services).flatMap(([name, { image }]) =>
    image === undefined || image.includes("/")
      ? []
      : [
          {
            path: formatPath(["itil", "services", name, "image"]),
            value: `"${image}"`,
            lesson: "I2" as const,
            message: "names no registry, and lab:itil.registry is not set",
            fix: "write lab:itil.registry, such as registry.lab.home.arpa/itil, or the image in full",
          },
        ],
  );
}

/** D5: services that store their state in a database need lab:data. */
function databases(config: LabConfig): Diagnostic[] {
  const needing = runningServices(config).filter(({ stores }) => stores.length > 0);
  const store = needing.length === 1 ? "stores its state in a database" : "store their state in databases";
  return config.data !== undefined || needing.length === 0
    ? []
    : [
        {
          path: formatPath(["data"]),
          lesson: "D5",
          message: `is missing, and ${needing.map(({ name }) => name).join(", ")} ${store}`,
          fix: "declare lab:data, or remove the images of these services, which disables them",
        },
      ];
}

/** A5: the groups of the platform and of its services are declared. */
function groups({ itil, identity }: LabConfig): Diagnostic[] {
  const declared = [...new Set(["admins", ...identity.groups])];
  const named = [
    { at: ["itil", "groups"], groups: itil?.groups ?? [] },
    ...Object.entries(itil?.services ?? {}).map(([name, service]) => ({
      at: ["itil", "services", name, "groups"],
      groups: service.groups ?? [],
    })),
  ];
  return named.flatMap(({ at, groups }) =>
    groups.flatMap((group, index) =>
      declared.includes(group)
        ? []
        : [
            {
              path: formatPath([...at, index]),
              value: `"${group}"`,
              lesson: "A5" as const,
              message: "is not a group of this lab",
              fix: `choose one of ${declared.join(", ")}, or declare it under lab:identity.groups`,
            },
          ],
    ),
  );
}

/** Fields of the login on an internal service have no effect, and would suggest that they do. */
function loginFields({ services }: Section): Diagnostic[] {
  const web = itilServices.filter((service: ItilService) => service.web).map(({ name }) => name);
  return Object.entries(services).flatMap(([name, service]) =>
    (["groups", "rotation"] as const)
      .filter((field) => service[field] !== undefined && itilService(name)?.web === false)
      .map((field) => ({
        path: formatPath(["itil", "services", name, field]),
        value: JSON.stringify(service[field]),
        lesson: "A4" as const,
        message: "is for services with a login, and this one is internal",
        fix: `remove it; the services with a login are ${web.join(", ")}`,
      })),
  );
}

/** C4: no service has more pods than there are nodes, each pod fits on a node, and all pods fit together. */
function room(config: LabConfig): Diagnostic[] {
  const workers = workersOf(config);
  const running = runningServices(config);
  if (workers.length === 0) return [];
  const single = [
    ...Object.entries(config.itil?.services ?? {}).flatMap(([name, { replicas }]) =>
      replicas === undefined ? [] : tooMany(name, replicas, workers),
    ),
    ...running.flatMap((service) => tooLarge(service, workers)),
  ];
  return single.length > 0 ? single : tooMuch(running, workers);
}

function tooMany(name: string, replicas: number, workers: readonly Worker[]): Diagnostic[] {
  return replicas <= workers.length
    ? []
    : [
        {
          path: formatPath(["itil", "services", name, "replicas"]),
          value: String(replicas),
          lesson: "C4",
          message: `is more than the ${workers.length} nodes that run pods (${workers.map((node) => node.name).join(", ")}): two pods on one node fail together`,
          fix: `write ${workers.length} or less; the autoscaler adds pods under load`,
        },
      ];
}

function tooLarge({ name, memoryMiB }: PlannedService, workers: readonly Worker[]): Diagnostic[] {
  const most = Math.max(...workers.map((node) => node.memoryMiB));
  return memoryMiB <= most
    ? []
    : [
        {
          path: formatPath(["itil", "services", name, "memoryMiB"]),
          value: String(memoryMiB),
          lesson: "C4",
          message: `fits on no node: at most ${most} MiB are available to pods on one node, with ${systemReservePercent} % reserved for the system`,
          fix: `write ${most} or less, or give a node more memory`,
        },
      ];
}

function tooMuch(running: readonly PlannedService[], workers: readonly Worker[]): Diagnostic[] {
  const asked = roomOf(running);
  return (["memoryMiB", "cpuMillis"] as const).flatMap((what): Diagnostic[] => {
    const left = workers.reduce((sum, node) => sum + node[what], 0);
    if (asked[what] <= left) return [];
    const unit = what === "memoryMiB" ? "MiB of memory" : "thousandths of a core";
    const each = running
      .toSorted((one, other) => other.most * other[what] - one.most * one[what])
      .map((service) => `${service.name} ${service.most} × ${service[what]}`);
    return [
      {
        path: formatPath(["itil", "services"]),
        lesson: "C4",
        message: `request more than the nodes have for pods: ${each.join(" + ")} = ${asked[what]} ${unit}; ${workers.map((node) => `${node.name} ${node[what]}`).join(" + ")} = ${left}, with ${systemReservePercent} % reserved for the system; ${asked[what] - left} too much`,
        fix: "lower memoryMiB or replicas, remove the image of a service, or enlarge the nodes",
      },
    ];
  });
}
