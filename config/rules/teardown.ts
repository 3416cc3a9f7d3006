import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** S12: the phrase that allows a destroy names exactly this lab, so that a line copied from another lab does not allow it. */
export const teardown: Rule = ({ teardown: order, domain, production }) => {
  if (order === undefined) return [];
  const path = formatPath(["teardown"]);
  if (!production)
    return [
      {
        path,
        value: `"${order}"`,
        lesson: "S12",
        message: "is not needed: lab:production is false, and no resource is protected",
        fix: "remove the field",
      },
    ];
  return order === `destroy ${domain}`
    ? []
    : [
        {
          path,
          value: `"${order}"`,
          lesson: "S12",
          message: "is not the phrase that allows the destruction of this lab",
          fix: `write exactly "destroy ${domain}" to allow the destruction of the lab and its data; otherwise remove the field`,
        },
      ];
};
