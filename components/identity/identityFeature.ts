import { ofObject, ofRelease } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { postgresBackupPolicy } from "../postgres/backupPolicies.ts";
import { databaseCluster } from "./database.ts";
import { authentikNamespace } from "./oidc.ts";

/** Authentik, the proxies before services, and the gate that proves every login. */
export const identityFeature: Feature = {
  name: "identity",
  charts: ["authentik", "oauth2Proxy"],
  definitions: {},
  backupPolicies: () => [
    postgresBackupPolicy({
      what: "Authentik's database",
      namespace: authentikNamespace,
      name: databaseCluster,
    }),
  ],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "Authentik installed",
      seconds: 100,
      imagesMB: 1000,
      source: "estimate: the migrations of an empty database",
      applies: ofRelease("authentik"),
    },
    {
      what: "blueprint applied",
      seconds: 40,
      source: "estimate: Authentik's command starts in 15 s, and tries again until its own objects are there",
      applies: ofObject("batch/v1:Job", (name) => name.includes("blueprint-")),
    },
    {
      what: "proxy before a service",
      seconds: 17,
      imagesMB: 30,
      source: "estimate: two small pods",
      applies: ofObject("helm.sh/v3:Release", (name) => name.startsWith("oauth2-proxy-")),
    },
    {
      what: "login fetched",
      seconds: 10,
      gate: true,
      source: "estimate: bounded by 300 s; two requests a service",
      applies: ofObject("batch/v1:Job", (name) => name === "login-gate"),
    },
  ],
  readiness: {},
  enforces: {
    A1: [
      ["config", "components/identity/cookieSecret.ts"],
      ["config", "config/schema.ts"],
    ],
    A3: [
      ["config", "components/identity/oidc.ts"],
      ["gate", "components/identity/login.sh"],
    ],
    A4: [
      ["config", "components/identity/application.ts"],
      ["gate", "components/identity/login.sh"],
    ],
    A5: [
      ["config", "config/rules/identity.ts"],
      ["config", "components/identity/blueprintProblems.ts"],
      ["gate", "components/identity/appliedBlueprint.ts"],
    ],
  },
};
