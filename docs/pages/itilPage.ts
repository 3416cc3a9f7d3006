import type { ServiceStore } from "../../catalog/itil.ts";
import { callVariables, storeVariables } from "../../components/apps/environment.ts";
import { calledBy } from "../../components/apps/itilNetworkRules.ts";
import { startSeconds } from "../../components/apps/podTemplate.ts";
import { type PlannedService, plannedServices, roomOf } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";

/** The reference page of the ITIL services: resources and variables of each, and whether a stack runs it. */
export function itilPage(lab: Lab): string {
  const services = plannedServices(lab.config);
  const { memoryMiB, cpuMillis, pods } = roomOf(services);
  return [
    "# ITIL services",
    "",
    `Generated from the catalogue in \`catalog/itil.ts\`, with the state of each in the stack ${lab.stack}. How to enable one: [itil.md](../how-to/itil.md).`,
    "",
    "| service | namespace | pods | memory of each pod | database | calls | clients | image |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...services.map((service) => row(service, lab.config.domain, services)),
    "",
    `All services at their maximum scale are ${pods} pods, which request ${memoryMiB} MiB and ${cpuMillis / 1000} cores. The memory limit of each pod is`,
    "twice its request.",
    "",
    "## Startup time limit of a pod",
    "",
    "| service | seconds |",
    "| --- | --- |",
    ...[...Map.groupBy(services, startSeconds)].map(
      ([seconds, those]) => `| ${those.map(({ name }) => name).join(", ")} | ${seconds} |`,
    ),
    "",
    "## Environment variables",
    "",
    "Variables in bold come from the Secret `SERVICE-stores`, and are stored nowhere else (C5).",
    "",
    "| service | variables |",
    "| --- | --- |",
    ...services.map((service) => `| ${service.name} | ${variables(service, services)} |`),
    "",
  ].join("\n");
}

function row(service: PlannedService, domain: string, all: readonly PlannedService[]): string {
  const { name, namespace, replicas, most, memoryMiB, stores, calls, web, image } = service;
  const callers = all.filter((other) => other.calls.includes(name)).map((other) => other.name);
  return `| ${[
    name,
    namespace,
    most > replicas ? `${replicas} to ${most}` : String(replicas),
    `${memoryMiB} MiB`,
    stores.map((store) => storeNames[store]).join(", "),
    calls.join(", "),
    [...(web ? [`users, at \`https://${name}.${domain}\``] : []), ...callers].join(", ") || "none yet",
    image === undefined ? "off" : `\`${image}\``,
  ].join(" | ")} |`;
}

const storeNames: Readonly<Record<ServiceStore, string>> = {
  elasticsearch: "Elasticsearch",
  mongodb: "MongoDB",
  neo4j: "Neo4j",
  postgres: "its own PostgreSQL",
};

/** Only the names: the values exist only in a running lab. */
function variables(service: PlannedService, all: readonly PlannedService[]): string {
  const login = { user: "", password: "", database: "" };
  // Elasticsearch knows no users (D2).
  const environments = service.stores.map((store) =>
    storeVariables(service.name, store, { host: "", port: 0 }, store === "elasticsearch" ? undefined : login),
  );
  const plain = [
    ...environments.flatMap(({ plain }) => Object.keys(plain)),
    ...Object.keys(callVariables(calledBy(service, all))),
    ...(service.models === undefined ? [] : ["XDG_CACHE_HOME"]),
  ];
  const secret = environments.flatMap(({ secret }) => Object.keys(secret));
  return [...plain.map((name) => `\`${name}\``), ...secret.map((name) => `**\`${name}\`**`)].join(", ");
}
