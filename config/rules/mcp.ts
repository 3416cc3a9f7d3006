import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** A5: the groups of MCP servers are declared. */
export const mcp: Rule = ({ mcp, identity }) => {
  const declared = [...new Set(["admins", ...identity.groups])];
  return Object.entries(mcp?.servers ?? {}).flatMap(([name, { groups }]) =>
    groups.flatMap((group, index) =>
      declared.includes(group)
        ? []
        : [
            {
              path: formatPath(["mcp", "servers", name, "groups", index]),
              value: `"${group}"`,
              lesson: "A5" as const,
              message: "is not a group of this lab",
              fix: `choose one of ${declared.join(", ")}, or declare it under lab:identity.groups`,
            },
          ],
    ),
  );
};
