import { ofObject } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { registryNamespace, registryService } from "./registryNames.ts";

/** The lab's own registry: caches of public registries, and the owner's images. */
export const registryFeature: Feature = {
  name: "registry",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {
    "verify-registry.sh": {
      duration: {
        what: "registry verified",
        seconds: 15,
        gate: true,
        source: "estimate: bounded by 180 s a part; one manifest through each cache",
      },
      simulate: ({ api, refused }) => {
        for (const kind of ["Deployment", "Service"]) {
          const key = `${kind}/${registryNamespace}/${registryService}`;
          if (api.find(key) === undefined)
            throw refused("I3", `the registry service own answers 000: no ${key}`);
        }
        return "unchanged: own serves";
      },
    },
  },
  durations: [
    {
      what: "registry started",
      seconds: 20,
      imagesMB: 20,
      source: "estimate: two volumes attached, and one small image",
      applies: ofObject("apps/v1:Deployment", (name) => name === "registry"),
    },
  ],
  readiness: {},
  enforces: {
    I3: [
      ["config", "config/rules/registry.ts"],
      ["gate", "guest/verify-registry.sh"],
    ],
    A4: [["gate", "guest/verify-registry.sh"]],
  },
};
