import { elasticsearchLabel, neo4jLabel } from "../catalog/databases.ts";
import { bgpLabel, longhornLabels, type NodeLabels } from "./lab.ts";
import type { LabConfig } from "./schema.ts";

/** The labels that sections of the configuration demand, by node: Longhorn's (S6), BGP's (N5), the databases' (D1, D5). */
export function demandedLabels({ nodes, ingress, data }: LabConfig): NodeLabels {
  const demands: readonly (readonly [labels: Readonly<Record<string, string>>, nodes: readonly string[]])[] =
    [
      [longhornLabels, Object.keys(nodes).filter((name) => (nodes[name]?.disks.length ?? 0) > 0)],
      [{ [bgpLabel.key]: bgpLabel.value }, ingress.bgp?.nodes ?? []],
      [
        { [elasticsearchLabel.key]: elasticsearchLabel.value },
        data === undefined ? [] : [data.elasticsearch.node],
      ],
      [{ [neo4jLabel.key]: neo4jLabel.value }, data === undefined ? [] : [data.neo4j.node]],
    ];
  return Object.fromEntries(
    Object.keys(nodes).map((name) => [
      name,
      Object.assign({}, ...demands.flatMap(([labels, named]) => (named.includes(name) ? [labels] : []))),
    ]),
  );
}
