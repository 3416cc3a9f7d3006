import { ofObject } from "../duration.ts";
import type { Feature } from "../feature.ts";

/** MCP servers, each with its repository and behind the login. */
export const mcpFeature: Feature = {
  name: "mcp",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "MCP server started",
      seconds: 15,
      imagesMB: 150,
      source: "estimate: an image of the owner's choice, and a shallow clone",
      applies: ofObject("apps/v1:Deployment", (name) => name.startsWith("mcp-")),
    },
  ],
  readiness: {},
  enforces: {
    I3: [["gate", "components/mcp/clone.sh"]],
    P3: [["gate", "components/mcp/clone.sh"]],
    P4: [["config", "config/sections/mcp.ts"]],
  },
};
