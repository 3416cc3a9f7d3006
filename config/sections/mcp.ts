import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { groupNames, httpsUrl, imageReference, integer, name, oneOf, pattern } from "../fields.ts";
import { nameLimits } from "../names.ts";

const rolling = "The Deployment rolls: a new pod is ready before the old one stops.";

const server = fields({
  image: field(imageReference(), {
    meaning: "Image of the server, with its registry and version.",
    example: "ghcr.io/example/mcp-kubernetes:1.4.2",
    change: rolling,
  }),
  port: field(integer("the server's port", 1024, 65535), {
    meaning: "Port on which the server listens for HTTP.",
    unit: "none",
    example: 8080,
    change: rolling,
  }),
  kubernetes: field(
    oneOf(["none", "read"], "write none, or read for everything but secrets", "P4").default("none"),
    {
      meaning:
        "Rights in the cluster. `none`: no access. `read`: Kubernetes' ClusterRole `view`, which includes everything except Secrets (P4).",
      example: "read",
      change: `The ClusterRoleBinding is created or deleted. ${rolling}`,
    },
  ),
  git: section(
    fields({
      repository: field(httpsUrl("C5"), {
        meaning: "HTTPS URL of the repository.",
        example: "https://git.example.org/ada/notes",
        change: rolling,
      }),
      commit: field(
        pattern(
          "a whole commit id",
          /^[0-9a-f]{40}$/,
          "write all 40 digits of the commit: a branch or a tag moves",
          "P3",
        ),
        {
          meaning: "Commit id, all 40 digits.",
          example: "0123456789abcdef0123456789abcdef01234567",
          change: rolling,
        },
      ),
    }).optional(),
    {
      meaning: "Git repository that the server finds under `/repository`, at one commit.",
      omitted: "Without a repository.",
      change: rolling,
    },
  ),
  groups: field(groupNames().default(["admins"]), {
    meaning: "Groups that may use the server.",
    example: ["admins"],
    change:
      "Authentik applies it within minutes. A user who loses access keeps a session for four hours at most.",
  }),
});

/** Servers of the Model Context Protocol. */
export const mcp = fields({
  servers: section(z.record(name("an MCP server", nameLimits.label - "mcp-".length), server), {
    meaning: "The servers, by name. The server NAME is at `mcp-NAME` of the lab's domain, behind the login.",
    change: "A new server is added, a removed one deleted. The others do not restart.",
  }),
});
