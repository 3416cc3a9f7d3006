import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** B6: a restore reads an earlier generation of the lab, and overwrites only namespaces that it restores. */
export const restore: Rule = ({ backup, restore: order }) => {
  if (order === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  if (order.generation >= backup.generation)
    diagnostics.push({
      path: formatPath(["restore", "generation"]),
      value: String(order.generation),
      lesson: "B6",
      message: `is not earlier than lab:backup.generation, which is ${backup.generation}: the rebuilt lab would overwrite the backups that it is restored from`,
      fix: `write lab:backup.generation: ${order.generation + 1}, so that the rebuilt lab writes to its own folder`,
    });
  for (const [index, namespace] of order.overwrite.entries())
    if (order.includedNamespaces?.includes(namespace) === false)
      diagnostics.push({
        path: formatPath(["restore", "overwrite", index]),
        value: `"${namespace}"`,
        lesson: "B6",
        message: "is not one of the namespaces that are restored",
        fix: "add it to lab:restore.includedNamespaces, or remove it here",
      });
  return diagnostics;
};
