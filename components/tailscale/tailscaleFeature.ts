import { ofObject } from "../duration.ts";
import type { Feature } from "../feature.ts";

/** The way in from a tailnet. */
export const tailscaleFeature: Feature = {
  name: "tailscale",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "tailnet joined",
      seconds: 15,
      imagesMB: 40,
      source: "estimate: one image, and the first handshake with the control plane",
      applies: ofObject("apps/v1:Deployment", (name) => name === "tailscale-ingress"),
    },
  ],
  readiness: {},
  enforces: {},
};
