import { styleText } from "node:util";
import Table from "cli-table3";
import { type LessonId, lessonReference } from "../catalog/lessons.ts";
import { plannedServices } from "../config/itilPlan.ts";
import { type Lab, systemReservePercent } from "../config/lab.ts";
import { balance, datastoreBalance } from "../config/rules/capacity.ts";
import { routeOf } from "../config/rules/networks.ts";
import { round } from "../policy/queries/quantity.ts";
import { type LonghornCapacity, tierName } from "../policy/storage/longhornCapacity.ts";
import type { ClusterCapacity } from "../policy/workloads/clusterCapacity.ts";
import type { Plan, PlanDocument, Rebuild } from "./plan.ts";

/** The printed plan: tree, addresses, services, capacity of hosts, pods and storage, timeline, verdicts. */
export function printPlan({ document, lab, policies, pods, storage, rebuild }: Plan): string {
  if (lab === undefined) return printRefusal(document);
  const violations = document.violations.map(
    ({ level, message, resource }) =>
      `${level === "mandatory" ? styleText("red", "refused") : styleText("yellow", "advised against")} ${resource === null ? "" : `${nameOf(resource)}: `}${message}`,
  );
  return [
    section(`${document.stack}: ${document.resources.length} resources`, tree(document)),
    section("Addresses", addresses(lab)),
    lab.config.itil === undefined ? "" : section("Services of the ITIL platform", itilServices(lab)),
    section("Room on the hosts (C3)", room(lab)),
    section("Room for pods (C4)", roomForPods(pods)),
    section("Room in storage (S9)", roomInStorage(storage)),
    section("Images, and where nodes ask for them (I3)", imagesTable(document)),
    section(
      "Timeline of a rebuild, by the model of docs/reference/timings.md",
      timelineOf(document, rebuild),
    ),
    section(
      "Policies",
      [
        ...policies.map(({ policy, lesson, outcome }) => `${mark(outcome)} ${lesson}  ${policy}`),
        ...violations,
        ...referenceOf(document.violations),
      ].join("\n"),
    ),
    document.placeholders.length === 0
      ? ""
      : section("Filled with placeholders", document.placeholders.map((key) => `lab:${key}`).join(", ")),
  ].join("");
}

/** What is printed in place of a plan where the configuration is invalid. */
export function printRefusal({ stack, errors }: Pick<PlanDocument, "stack" | "errors">): string {
  return section(
    `The configuration of ${stack} is refused`,
    [...errors.map(({ message }) => message), ...referenceOf(errors)].join("\n\n"),
  );
}

/** The line with the pages of the lessons that messages name, where they name any. */
function referenceOf(messages: readonly { readonly lesson: LessonId | null }[]): string[] {
  return [lessonReference(messages.map(({ lesson }) => lesson)) ?? []].flat();
}

function section(title: string, body: string): string {
  return `${styleText("bold", title)}\n${body}\n\n`;
}

function mark(outcome: "passed" | "violated" | "unknown"): string {
  if (outcome === "passed") return styleText("green", "ok     ");
  return outcome === "violated" ? styleText("red", "refused") : styleText("yellow", "unsure ");
}

function tree(document: PlanDocument): string {
  const children = Map.groupBy(document.resources, ({ parent }) => parent);
  const lines: string[] = [];
  const walk = (parent: string | null, indent: string) => {
    const here = children.get(parent) ?? [];
    for (const [index, resource] of here.entries()) {
      const last = index === here.length - 1;
      const lock = resource.protect ? " (protected)" : "";
      const [branch, below] = parent === null ? ["", ""] : last ? ["└─ ", "   "] : ["├─ ", "│  "];
      lines.push(`${indent}${branch}${resource.name} ${styleText("dim", resource.type)}${lock}`);
      walk(resource.urn, indent + below);
    }
  };
  walk(null, "");
  return lines.join("\n");
}

function addresses(lab: Lab): string {
  const table = plainTable(["node", "role", "address", "VLAN", "gateway", "way out", "machine"]);
  for (const node of lab.nodes)
    table.push([
      node.name,
      node.role,
      node.address,
      String(node.network.vlan),
      node.network.gateway,
      [
        ...routeOf(lab.config.networks, node.network.name).hops.map(
          (name) => lab.networks.get(name)?.gateway ?? name,
        ),
        "internet",
      ].join(" → "),
      node.kind === "vm" ? `VM ${node.vm.id} on ${node.vm.host}` : "existing host",
    ]);
  const { apiAddress, ingressAddress, loadBalancerPool } = lab.config.cluster;
  return `${table.toString()}\nAPI ${apiAddress}, ingress ${ingressAddress}, LoadBalancer pool ${loadBalancerPool}`;
}

function itilServices({ config }: Lab): string {
  const services = plannedServices(config);
  const off = services.filter(({ image }) => image === undefined).map(({ name }) => name);
  const table = plainTable(["service", "namespace", "image", "pods", "where"]);
  for (const { name, namespace, image, replicas, most, web, calls } of services) {
    if (image === undefined) {
      table.push([name, namespace, "off: no image", "0", ""]);
      continue;
    }
    const missing = calls.filter((called) => off.includes(called));
    const where = web ? `https://${name}.${config.domain}` : "inside the cluster";
    table.push([
      name,
      namespace,
      // A digest is shortened to its beginning.
      image.replace(/(@sha256:[0-9a-f]{12}).*$/, "$1…"),
      most > replicas ? `${replicas} to ${most}` : String(replicas),
      missing.length === 0 ? where : `${where}, without ${missing.join(" and ")}`,
    ]);
  }
  return `${table.toString()}\n${services.length - off.length} on, ${off.length} off; lab:itil.services gives a service its image`;
}

function room(lab: Lab): string {
  const hosts = balance(lab.config);
  if (hosts.length === 0) return "no virtual machines";
  const table = plainTable(["host", "what", "requested", "available"]);
  for (const { host, memory, cores } of hosts) {
    table.push([host, "memory, GiB", String(memory.asked), String(memory.available)]);
    table.push([host, "cores", String(cores.asked), String(cores.available)]);
  }
  for (const { name, hosts: sharing, asked, available } of datastoreBalance(lab.config))
    table.push([sharing.join(", "), `${name}, GiB`, String(asked), String(available)]);
  return table.toString();
}

function roomForPods(pods: readonly ClusterCapacity[]): string {
  if (pods.length === 0) return "no nodes";
  const table = plainTable(["what", "nodes", "usable", "promised", "free"]);
  for (const { kind, capacity, allocatable, requested } of pods)
    table.push([
      `${kind.what}, ${kind.unit}`,
      ...[capacity, allocatable, requested, allocatable - requested].map((figure) => String(round(figure))),
    ]);
  return `${table.toString()}\n${systemReservePercent} % of every node is reserved for the system; "promised" is the sum of all quotas`;
}

function roomInStorage(storage: LonghornCapacity | undefined): string {
  if (storage === undefined) return "the disks are not known yet";
  const { tiers, reservePercent } = storage;
  if (tiers.length === 0) return "no disks for Longhorn";
  const table = plainTable(["tier", "disks, GiB", "usable, GiB", "requested, GiB", "free, GiB"]);
  for (const tier of tiers)
    table.push([
      tierName(tier),
      ...[
        tier.capacityGiB,
        tier.allocatableGiB,
        tier.requestedGiB,
        tier.allocatableGiB - tier.requestedGiB,
      ].map((figure) => String(round(figure))),
    ]);
  const shared =
    tiers.length > 1 ? "; volumes without a tag may use any disk, and count in the last row" : "";
  return `${table.toString()}\n${reservePercent} % of every disk is reserved; "requested" is the sum of all claims with their replicas${shared}`;
}

/** One line per image. The digest is omitted, since the tag is shown. */
function imagesTable({ images }: PlanDocument): string {
  const table = plainTable(["pulled", "image", "tried in this order"]);
  for (const { image, phase, sources } of images)
    table.push([phase, image.replace(/@sha256:.*$/, ""), sources.map(({ name }) => name).join(" → ")]);
  const count = (phase: string) => images.filter((one) => one.phase === phase).length;
  return `${table.toString()}\n${count("before")} before the lab's own registry runs, ${count("beside")} while it starts, ${count("after")} after it; a node tries the other nodes first`;
}

function timelineOf({ timeline }: PlanDocument, rebuild: Rebuild | undefined): string {
  const minutes = (seconds: number) =>
    `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;
  return [
    `${minutes(timeline.criticalPathSeconds)} along the longest chain, ${minutes(timeline.serialSeconds)} one after another`,
    ...(rebuild === undefined
      ? []
      : [
          `with images from the Internet ${minutes(rebuild.internet)}, from a mirror ${minutes(rebuild.mirror)}: ${(rebuild.mirror / rebuild.shortest).toFixed(2)} times the irreducible chain, which has no gates`,
        ]),
    timeline.criticalPath.map(nameOf).join(" → "),
  ].join("\n");
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

function plainTable(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
