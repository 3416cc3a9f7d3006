import { itilService } from "../../catalog/itil.ts";
import { ofObject } from "../duration.ts";
import type { Feature } from "../feature.ts";

/** The services of the ITIL platform. */
export const appsFeature: Feature = {
  name: "apps",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "service that downloads models",
      seconds: 1310,
      imagesMB: 2000,
      source:
        "estimate: 8 GB of models for each of two pods at 100 Mbit/s in all; nothing waits for it but the end",
      applies: ofObject("apps/v1:Deployment", (name) => name === "ai-service-desk"),
    },
    {
      what: "service of the ITIL platform",
      seconds: 30,
      imagesMB: 200,
      source: "estimate: a Python process that starts, and the first probes",
      applies: ofObject("apps/v1:Deployment", (name) => itilService(name) !== undefined),
    },
  ],
  readiness: {},
  enforces: {
    C4: [["config", "config/rules/itil.ts"]],
    I2: [
      ["config", "config/sections/itil.ts"],
      ["config", "config/rules/itil.ts"],
    ],
    I4: [["config", "components/apps/podTemplate.ts"]],
    D5: [["config", "config/rules/itil.ts"]],
  },
};
