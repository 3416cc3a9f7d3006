import { type ItilNamespace, type ItilService, itilServices } from "../catalog/itil.ts";
import { systemReservePercent } from "./lab.ts";
import type { LabConfig } from "./schema.ts";

/** A service with the settings of one lab. */
export interface PlannedService extends ItilService {
  /** With its registry; undefined for a service that is off. */
  readonly image: string | undefined;
  /** Maximum number of pods under load. */
  readonly most: number;
  /** Groups that may use it, for a service with a web interface, and the number of its client secret. */
  readonly groups: readonly string[];
  readonly rotation: number;
}

/** A service that runs. */
export type RunningService = PlannedService & { readonly image: string };

type Section = Pick<LabConfig, "itil">;

/** Every service of the catalogue, with the settings of a lab. */
export function plannedServices({ itil }: Section): PlannedService[] {
  return itilServices.map((service: ItilService) => {
    const own = itil?.services[service.name];
    const replicas = own?.replicas ?? service.replicas;
    return {
      ...service,
      replicas,
      most: service.scales ? 2 * replicas : replicas,
      memoryMiB: own?.memoryMiB ?? service.memoryMiB,
      image: own?.image === undefined ? undefined : fullImage(own.image, itil?.registry),
      groups: own?.groups ?? itil?.groups ?? [],
      rotation: own?.rotation ?? 1,
    };
  });
}

/** The services that a lab runs. */
export function runningServices(config: Section): RunningService[] {
  return plannedServices(config).filter((service): service is RunningService => service.image !== undefined);
}

/** URL of a service inside the cluster. */
export function addressOf({ name, namespace }: Pick<ItilService, "name" | "namespace">): string {
  return `http://${name}.${namespace}.svc.cluster.local`;
}

/** The full name of an image: one without a registry is in `lab:itil.registry`. */
export function fullImage(image: string, registry: string | undefined): string {
  return image.includes("/") || registry === undefined ? image : `${registry}/${image}`;
}

/** The sum of the requests of pods, and their number. */
export interface Room {
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  readonly pods: number;
}

/** What a namespace needs for the maximum number of pods of its services, and one more of each during a rollout. */
export function roomFor(config: Section, namespace: ItilNamespace): Room {
  return roomOf(
    runningServices(config).filter((service) => service.namespace === namespace),
    1,
  );
}

/** The requests of services at their maximum number of pods, plus `beyond` pods of each. */
export function roomOf(services: readonly PlannedService[], beyond = 0): Room {
  const sum = (one: (service: PlannedService) => number) =>
    services.reduce((total, service) => total + (service.most + beyond) * one(service), 0);
  return {
    memoryMiB: sum(({ memoryMiB }) => memoryMiB),
    cpuMillis: sum(({ cpuMillis }) => cpuMillis),
    pods: sum(() => 1),
  };
}

/** A node that runs pods of services, with its resources for them. */
export interface Worker {
  readonly name: string;
  readonly memoryMiB: number;
  readonly cpuMillis: number;
}

/** The agents; the servers in a lab without agents. */
export function workersOf({ nodes }: Pick<LabConfig, "nodes">): Worker[] {
  const all = Object.entries(nodes);
  const agents = all.filter(([, { role }]) => role === "agent");
  const left = (amount: number) => Math.floor((amount * (100 - systemReservePercent)) / 100);
  return (agents.length > 0 ? agents : all).flatMap(([name, { vm, existing }]) => {
    const machine = vm ?? existing;
    return machine === undefined
      ? []
      : [{ name, memoryMiB: left(machine.memoryGiB * 1024), cpuMillis: left(machine.cores * 1000) }];
  });
}
