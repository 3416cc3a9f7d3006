import {
  elasticsearchLabel,
  elasticsearchRequest,
  neo4jLabel,
  neo4jMemory,
} from "../../catalog/databases.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { systemReservePercent } from "../lab.ts";
import type { LabConfig } from "../schema.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** D1, D5 and C4: a database that is bound to one node names it, only that node has its label, and the database fits on it. */
export const data: Rule = (config) => {
  const { data: section } = config;
  if (section === undefined) return labels(config);
  const { heapMiB, memoryMiB } = section.elasticsearch;
  const diagnostics: Diagnostic[] = [];
  if (2 * heapMiB > memoryMiB)
    diagnostics.push({
      path: formatPath(["data", "elasticsearch", "heapMiB"]),
      value: String(heapMiB),
      lesson: "D1",
      message: `is more than half of the memory limit of ${memoryMiB} MiB; the other half is for the file cache and for Java's memory outside its heap`,
      fix: `write ${Math.floor(memoryMiB / 2)} or less, or raise memoryMiB to ${2 * heapMiB}`,
    });
  return [
    ...diagnostics,
    ...(["elasticsearch", "neo4j"] as const).flatMap((database) => placement(config, database)),
    ...room(config),
    ...labels(config),
  ];
};

/** The node of a database, and the one that it moves from, exist and run workloads. */
function placement(config: LabConfig, database: "elasticsearch" | "neo4j"): Diagnostic[] {
  const section = config.data?.[database];
  if (section === undefined) return [];
  const lesson = database === "elasticsearch" ? "D1" : "D5";
  const names = Object.keys(config.nodes);
  const diagnostics: Diagnostic[] = [];
  for (const field of ["node", "movedFrom"] as const) {
    const value = section[field];
    if (value !== undefined && config.nodes[value] === undefined)
      diagnostics.push({
        path: formatPath(["data", database, field]),
        value: `"${value}"`,
        lesson,
        message: "is not a node of this lab",
        fix: `choose one of ${names.join(", ")}`,
      });
  }
  const agents = names.filter((name) => config.nodes[name]?.role === "agent");
  if (config.nodes[section.node]?.role === "server" && agents.length > 0)
    diagnostics.push({
      path: formatPath(["data", database, "node"]),
      value: `"${section.node}"`,
      lesson,
      message: "is a server, which runs no workloads in a lab with agents",
      fix: `choose one of ${agents.join(", ")}`,
    });
  if (section.movedFrom === section.node)
    diagnostics.push({
      path: formatPath(["data", database, "movedFrom"]),
      value: `"${section.node}"`,
      lesson,
      message: "is the node that the database moves to",
      fix: "name the node that the database was on, or remove the field",
    });
  return diagnostics;
}

/** C4: the databases that are bound to a node fit on it, with the system's reserve left free. */
function room(config: LabConfig): Diagnostic[] {
  const { data: section } = config;
  if (section === undefined) return [];
  const asked = [
    {
      node: section.elasticsearch.node,
      path: formatPath(["data", "elasticsearch", "node"]),
      what: "Elasticsearch",
      // The heap is locked in memory from the start, whatever the request is.
      memory: Math.max(elasticsearchRequest.memoryMiB, section.elasticsearch.memoryMiB),
    },
    {
      node: section.neo4j.node,
      path: formatPath(["data", "neo4j", "node"]),
      what: "Neo4j",
      memory: neo4jMemory.limitMiB,
    },
  ];
  return [...new Set(asked.map(({ node }) => node))].flatMap((name): Diagnostic[] => {
    const node = config.nodes[name];
    if (node === undefined) return [];
    const total = 1024 * (node.vm?.memoryGiB ?? node.existing?.memoryGiB ?? 0);
    const left = Math.floor((total * (100 - systemReservePercent)) / 100);
    const here = asked.filter((each) => each.node === name);
    const sum = here.reduce((total, { memory }) => total + memory, 0);
    const [first] = here;
    if (first === undefined || sum <= left) return [];
    return [
      {
        path: first.path,
        value: `"${name}"`,
        lesson: "C4",
        message: `is too small: ${here.map(({ what, memory }) => `${what} ${memory}`).join(" + ")} = ${sum} MiB, and ${total} less ${systemReservePercent} % for the system is ${left}`,
        fix: `choose another node, give ${name} more memory, or lower memoryMiB by ${sum - left}`,
      },
    ];
  });
}

/** The program sets the labels from lab:data. A label set manually could match a second node, which has no data. */
function labels(config: LabConfig): Diagnostic[] {
  return Object.entries(config.nodes).flatMap(([name, node]) =>
    [
      { label: elasticsearchLabel, lesson: "D1" as const },
      { label: neo4jLabel, lesson: "D5" as const },
    ]
      .filter(({ label }) => Object.hasOwn(node.labels, label.key))
      .map(({ label, lesson }) => ({
        path: formatPath(["nodes", name, "labels", label.key]),
        value: `"${node.labels[label.key]}"`,
        lesson,
        message: "is set manually; exactly one node has this label, and the pods of the database follow it",
        fix: `remove it: the program sets it from lab:data.${label.key}.node`,
      })),
  );
}
