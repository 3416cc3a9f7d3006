import { z } from "zod";
import { advice, httpsUrl, imageReference, integer, name, oneOf, pattern } from "../fields.ts";
import { nameLimits } from "../names.ts";

const server = z.strictObject({
  image: imageReference(),
  /** Where it listens, for HTTP. */
  port: integer("the server's port", 1024, 65535),
  /** What it may ask the cluster: nothing, or to see everything but secrets. */
  kubernetes: oneOf(["none", "read"], "write none, or read for everything but secrets", "P4").default("none"),
  /** A repository that it finds under /repository, as it was at one commit. */
  git: z
    .strictObject({
      repository: httpsUrl("C5"),
      commit: pattern(
        "a whole commit id",
        /^[0-9a-f]{40}$/,
        "write all 40 digits of the commit: a branch or a tag moves",
        "P3",
      ),
    })
    .optional(),
  /** Who may use it. */
  groups: z
    .array(
      pattern(
        "a name for a group",
        /^[a-z][a-z0-9-]{0,62}$/,
        "use lower-case letters, digits and hyphens, a letter first",
        "A5",
      ),
    )
    .min(1, "is empty, and nobody could enter")
    .register(advice, { fix: "name at least one group, such as admins", lesson: "A4" })
    .default(["admins"]),
});

/** Servers of the Model Context Protocol, each behind the login, at the host mcp-NAME of the lab's domain. */
export const mcp = z.strictObject({
  servers: z.record(name("an MCP server", nameLimits.label - "mcp-".length), server),
});
