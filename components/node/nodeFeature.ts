import { commandType } from "../../catalog/resourceTypes.ts";
import type { Feature } from "../feature.ts";
import { monitoringNamespace } from "../monitoring.ts";
import { changesNothingElse } from "../simulation.ts";
import { nodeAlerts } from "./nodeAlerts.ts";
import { prepareDisks, verifyCpu, verifyNetwork } from "./nodeSimulation.ts";

/** Nodes: prepared machines whose CPU, network and disks are verified. */
export const nodeFeature: Feature = {
  name: "node",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [{ name: "nodes", namespace: monitoringNamespace, alerts: nodeAlerts }],
  scrapeTargets: [],
  steps: {
    "prepare-node.sh": {
      duration: { what: "node prepared", seconds: 75, source: "estimate: eight packages" },
      simulate: changesNothingElse,
    },
    "verify-cpu.sh": {
      duration: { what: "CPU verified", seconds: 1, gate: true, source: "estimate: reads one file" },
      simulate: verifyCpu,
    },
    "verify-network.sh": {
      duration: {
        what: "network verified",
        seconds: 10,
        gate: true,
        source:
          "estimate: some 50 small requests to registries, eight at a time; bounded by 20 s on a dead network",
      },
      simulate: verifyNetwork,
    },
    "prepare-disks.sh": {
      duration: {
        what: "disks prepared",
        seconds: 15,
        source: "estimate: lazy ext4 initialisation of 200 GiB",
      },
      simulate: prepareDisks,
    },
  },
  durations: [
    {
      what: "first boot, and the scripts laid down",
      seconds: 60,
      source: "estimate: cloud-init of a generic cloud image with one package",
      applies: ({ type, wireInputs }) => type === commandType && wireInputs.create === "sudo bash -s",
    },
  ],
  readiness: {},
  enforces: {
    C1: [["gate", "guest/verify-cpu.sh"]],
    C5: [["gate", "guest/prepare-node.sh"]],
    N1: [
      ["config", "config/rules/networks.ts"],
      ["config", "config/rules/addresses.ts"],
    ],
    N2: [
      ["config", "config/rules/addresses.ts"],
      ["gate", "guest/verify-network.sh"],
    ],
    N3: [["gate", "guest/verify-network.sh"]],
    N4: [["alert", "components/node/nodeAlerts.ts"]],
    N6: [["config", "config/rules/networks.ts"]],
    I3: [
      ["gate", "guest/verify-network.sh"],
      ["gate", "guest/prepare-node.sh"],
    ],
    K5: [["config", "config/rules/addresses.ts"]],
    K6: [["config", "components/node/node.ts"]],
    K7: [
      ["gate", "guest/prepare-node.sh"],
      ["alert", "components/node/nodeAlerts.ts"],
    ],
    S1: [["gate", "guest/prepare-node.sh"]],
    S2: [["gate", "guest/prepare-disks.sh"]],
    S3: [["gate", "guest/prepare-disks.sh"]],
    S4: [["gate", "guest/prepare-disks.sh"]],
    S5: [["gate", "guest/prepare-disks.sh"]],
    S9: [["gate", "guest/prepare-disks.sh"]],
    D1: [["gate", "guest/prepare-node.sh"]],
    D4: [["gate", "guest/verify-cpu.sh"]],
    O1: [["alert", "components/node/nodeAlerts.ts"]],
  },
};
