import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** S12: the order to take a lab down names exactly this lab, so that no line copied from another one does it. */
export const teardown: Rule = ({ teardown: order, domain, production }) => {
  if (order === undefined) return [];
  const path = formatPath(["teardown"]);
  if (!production)
    return [
      {
        path,
        value: `"${order}"`,
        lesson: "S12",
        message: "is not needed: this lab is no production, and nothing in it is protected",
        fix: "remove the line",
      },
    ];
  return order === `destroy ${domain}`
    ? []
    : [
        {
          path,
          value: `"${order}"`,
          lesson: "S12",
          message: "is not the phrase that takes this lab down",
          fix: `write exactly "destroy ${domain}" if all of it, its data too, is to go; otherwise remove the line`,
        },
      ];
};
