import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** B6: data comes from an earlier generation of the lab, and is written over only where it also comes back. */
export const restore: Rule = ({ backup, restore: order }) => {
  if (order === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  if (order.generation >= backup.generation)
    diagnostics.push({
      path: formatPath(["restore", "generation"]),
      value: String(order.generation),
      lesson: "B6",
      message: `is not before this generation, which is ${backup.generation}: the rebuilt lab would write over the backups that it is made from`,
      fix: `write lab:backup.generation: ${order.generation + 1}, so that the rebuilt lab begins a folder of its own`,
    });
  for (const [index, namespace] of order.overwrite.entries())
    if (order.includedNamespaces?.includes(namespace) === false)
      diagnostics.push({
        path: formatPath(["restore", "overwrite", index]),
        value: `"${namespace}"`,
        lesson: "B6",
        message: "is not among the namespaces that come back",
        fix: "add it to lab:restore.includedNamespaces too, or remove it here",
      });
  return diagnostics;
};
