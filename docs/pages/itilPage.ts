import type { ServiceStore } from "../../catalog/itil.ts";
import { callVariables, storeVariables } from "../../components/apps/environment.ts";
import { calledBy } from "../../components/apps/itilNetworkRules.ts";
import { startSeconds } from "../../components/apps/podTemplate.ts";
import { type PlannedService, plannedServices, roomOf } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";

/** The services of the ITIL platform: what each needs, is told, and whether a stack runs it. */
export function itilPage(lab: Lab): string {
  const services = plannedServices(lab.config);
  const { memoryMiB, cpuMillis, pods } = roomOf(services);
  return [
    "# The services of the ITIL platform",
    "",
    `From the catalogue in \`catalog/itil.ts\`; on or off in the stack ${lab.stack}. What to do with them: [itil.md](../how-to/itil.md).`,
    "",
    "| service | namespace | pods | memory of each | keeps its state in | calls | reached by | |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...services.map((service) => row(service, lab.config.domain, services)),
    "",
    `All of them at their most are ${pods} pods, which ask for ${memoryMiB} MiB and ${cpuMillis / 1000} cores; each may use twice the memory`,
    "that it asks for.",
    "",
    "## How long a pod may take to start",
    "",
    "| service | seconds |",
    "| --- | --- |",
    ...[...Map.groupBy(services, startSeconds)].map(
      ([seconds, those]) => `| ${those.map(({ name }) => name).join(", ")} | ${seconds} |`,
    ),
    "",
    "## What each is told by its environment",
    "",
    "Names in bold are in a Secret, `SERVICE-stores`, and nowhere else (C5).",
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
    [...(web ? [`people, at \`https://${name}.${domain}\``] : []), ...callers].join(", ") || "nobody yet",
    image === undefined ? "off" : `\`${image}\``,
  ].join(" | ")} |`;
}

const storeNames: Readonly<Record<ServiceStore, string>> = {
  elasticsearch: "Elasticsearch",
  mongodb: "MongoDB",
  neo4j: "Neo4j",
  postgres: "PostgreSQL, of its own",
};

/** Names alone: the values are those of a lab that runs. */
function variables(service: PlannedService, all: readonly PlannedService[]): string {
  const login = { user: "", password: "", database: "" };
  // Elasticsearch knows no users (D2).
  const told = service.stores.map((store) =>
    storeVariables(service.name, store, { host: "", port: 0 }, store === "elasticsearch" ? undefined : login),
  );
  const plain = [
    ...told.flatMap(({ plain }) => Object.keys(plain)),
    ...Object.keys(callVariables(calledBy(service, all))),
    ...(service.models === undefined ? [] : ["XDG_CACHE_HOME"]),
  ];
  const secret = told.flatMap(({ secret }) => Object.keys(secret));
  return [...plain.map((name) => `\`${name}\``), ...secret.map((name) => `**\`${name}\`**`)].join(", ");
}
