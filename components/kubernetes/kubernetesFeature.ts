import type { Feature } from "../feature.ts";
import { applyDefinitions } from "./kubernetesSimulation.ts";

/** Objects that every other feature creates: namespaces with their guards, definitions, releases. */
export const kubernetesFeature: Feature = {
  name: "kubernetes",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {
    "apply-crds.sh": {
      duration: { what: "definitions applied", seconds: 5, source: "estimate" },
      simulate: applyDefinitions,
    },
  },
  durations: [],
  readiness: {},
  enforces: {
    C2: [["gate", "guest/apply-crds.sh"]],
    I3: [["gate", "guest/apply-crds.sh"]],
    K2: [["gate", "guest/apply-crds.sh"]],
    A2: [["test", "test/chartValues.test.ts"]],
    G3: [["gate", "guest/apply-crds.sh"]],
    P1: [["config", "components/kubernetes/namespace.ts"]],
    P3: [["gate", "guest/apply-crds.sh"]],
  },
};
