import { type ItilNamespace, type ItilService, itilServices } from "../catalog/itil.ts";
import { systemReservePercent } from "./lab.ts";
import type { LabConfig } from "./schema.ts";

/** A service as one lab has it. */
export interface PlannedService extends ItilService {
  /** In full; undefined where the service is off. */
  readonly image: string | undefined;
  /** How many pods it grows to under load. */
  readonly most: number;
  /** Who may enter, where people use it, and how often its client secret was changed. */
  readonly groups: readonly string[];
  readonly rotation: number;
}

/** A service that runs. */
export type RunningService = PlannedService & { readonly image: string };

type Section = Pick<LabConfig, "itil">;

/** Every service of the catalogue, as a lab's file changes it. */
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

/** Where other services of the cluster find one. */
export function addressOf({ name, namespace }: Pick<ItilService, "name" | "namespace">): string {
  return `http://${name}.${namespace}.svc.cluster.local`;
}

/** An image that is given without a registry lies in the lab's own. */
export function fullImage(image: string, registry: string | undefined): string {
  return image.includes("/") || registry === undefined ? image : `${registry}/${image}`;
}

/** What pods ask for together. */
export interface Room {
  readonly memoryMiB: number;
  readonly cpuMillis: number;
  readonly pods: number;
}

/** What a namespace needs for its services at their most, with one pod more of each while it is replaced. */
export function roomFor(config: Section, namespace: ItilNamespace): Room {
  return roomOf(
    runningServices(config).filter((service) => service.namespace === namespace),
    1,
  );
}

/** What services ask for at their most, and some pods of each beyond that. */
export function roomOf(services: readonly PlannedService[], beyond = 0): Room {
  const sum = (one: (service: PlannedService) => number) =>
    services.reduce((total, service) => total + (service.most + beyond) * one(service), 0);
  return {
    memoryMiB: sum(({ memoryMiB }) => memoryMiB),
    cpuMillis: sum(({ cpuMillis }) => cpuMillis),
    pods: sum(() => 1),
  };
}

/** A node that pods of services land on, with what it leaves to them. */
export interface Worker {
  readonly name: string;
  readonly memoryMiB: number;
  readonly cpuMillis: number;
}

/** The workers; the servers where there are none. */
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
