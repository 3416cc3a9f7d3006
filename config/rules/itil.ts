import { type ItilService, itilService, itilServices } from "../../catalog/itil.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { type PlannedService, roomOf, runningServices, type Worker, workersOf } from "../itilPlan.ts";
import { systemReservePercent } from "../lab.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** The services of the ITIL platform are those of the catalogue, with images, for people there are, on nodes they fit. */
export const itil: Rule = (config) => {
  if (config.itil === undefined) return [];
  return [
    ...unknownServices(config.itil),
    ...homelessImages(config.itil),
    ...groups(config),
    ...entrances(config.itil),
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
      message: "is no service of the ITIL platform",
      fix: `write one of ${names.join(", ")}; a new service is declared in catalog/itil.ts`,
    }));
}

/** I2: an image that says nothing of its registry would be Docker Hub's. */
function homelessImages({ registry, services }: Section): Diagnostic[] {
  if (registry !== undefined) return [];
  return Object.entries(services).flatMap(([name, { image }]) =>
    image === undefined || image.includes("/")
      ? []
      : [
          {
            path: formatPath(["itil", "services", name, "image"]),
            value: `"${image}"`,
            lesson: "I2" as const,
            message: "names no registry, and there is no lab:itil.registry",
            fix: "write lab:itil.registry, such as registry.lab.home.arpa/itil, or the image in full",
          },
        ],
  );
}

/** D5: what keeps its state in a database needs one. */
function databases(config: LabConfig): Diagnostic[] {
  const needing = runningServices(config).filter(({ stores }) => stores.length > 0);
  const keep = needing.length === 1 ? "keeps its state in a database" : "keep their state in databases";
  return config.data !== undefined || needing.length === 0
    ? []
    : [
        {
          path: formatPath(["data"]),
          lesson: "D5",
          message: `is missing, and ${needing.map(({ name }) => name).join(", ")} ${keep}`,
          fix: "declare lab:data, or switch the services off by removing their images",
        },
      ];
}

/** A5: whoever may enter is in a group that there is, and enters a service that people use. */
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
              message: "is no group of this lab",
              fix: `choose one of ${declared.join(", ")}, or declare it under lab:identity.groups`,
            },
          ],
    ),
  );
}

/** Fields of the login on a service that nobody logs in to: whoever wrote them expects something else. */
function entrances({ services }: Section): Diagnostic[] {
  const web = itilServices.filter((service: ItilService) => service.web).map(({ name }) => name);
  return Object.entries(services).flatMap(([name, service]) =>
    (["groups", "rotation"] as const)
      .filter((field) => service[field] !== undefined && itilService(name)?.web === false)
      .map((field) => ({
        path: formatPath(["itil", "services", name, field]),
        value: JSON.stringify(service[field]),
        lesson: "A4" as const,
        message: "is for services that people enter, and only other services reach this one",
        fix: `remove it; people enter ${web.join(", ")}`,
      })),
  );
}

/** C4: no service is given more pods than there are nodes, each pod fits a node, and all of them fit together. */
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
          message: `is more than the ${workers.length} nodes that take pods (${workers.map((node) => node.name).join(", ")}): two on one node fall with it`,
          fix: `write ${workers.length} or less; what helps under load comes by itself`,
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
          message: `fits no node: the most that one leaves to pods is ${most} MiB, with ${systemReservePercent} % kept for the system`,
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
        message: `ask for more than the nodes leave to pods: ${each.join(" + ")} = ${asked[what]} ${unit}; ${workers.map((node) => `${node.name} ${node[what]}`).join(" + ")} = ${left}, with ${systemReservePercent} % kept for the system; ${asked[what] - left} too much`,
        fix: "lower memoryMiB or replicas, switch a service off by removing its image, or give the nodes more",
      },
    ];
  });
}
