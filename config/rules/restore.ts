import type { Problem } from "../problem.ts";
import { spell } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** B6: data comes from an earlier life of the lab, and is written over only where it also comes back. */
export const restore: Rule = ({ backup, restore: order }) => {
  if (order === undefined) return [];
  const problems: Problem[] = [];
  if (order.life >= backup.life)
    problems.push({
      path: spell(["restore", "life"]),
      value: String(order.life),
      lesson: "B6",
      message: `is not before this life, which is ${backup.life}: the rebuilt lab would write over the backups that it is made from`,
      mend: `write lab:backup.life: ${order.life + 1}, so that the rebuilt lab begins a folder of its own`,
    });
  for (const [index, namespace] of order.over.entries())
    if (order.scope !== undefined && !order.scope.includes(namespace))
      problems.push({
        path: spell(["restore", "over", index]),
        value: `"${namespace}"`,
        lesson: "B6",
        message: "is not among the namespaces that come back",
        mend: "add it to lab:restore.scope too, or remove it here",
      });
  return problems;
};
