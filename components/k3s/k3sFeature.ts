import { ofScript, settingOf } from "../duration.ts";
import type { Feature } from "../feature.ts";
import { etcdSnapshots } from "./config.ts";
import { installK3s } from "./k3sSimulation.ts";

/** K3s: servers with embedded etcd, agents, and the images that both need before a registry answers. */
export const k3sFeature: Feature = {
  name: "k3s",
  charts: [],
  definitions: {},
  backupPolicies: () => [
    {
      what: "the cluster's own state (etcd)",
      namespace: "kube-system",
      system: "etcd",
      schedule: etcdSnapshots.cron,
      keepDays: etcdSnapshots.keepDays,
      rpoHours: etcdSnapshots.everyHours,
      // A rebuild recreates every object from Git.
      restore: "only after a loss of quorum: `k3s server --cluster-reset`, with the token",
    },
  ],
  alerts: () => [],
  scrapeTargets: [],
  steps: {
    "configure-k3s.sh": {
      duration: { what: "K3s configured", seconds: 2, source: "estimate: writes a few files" },
      simulate: ({ machine, settings, k3s, images, decoded }) => {
        images.configure(machine.name, decoded("REGISTRIES_B64"));
        return k3s.configure(machine, settings);
      },
    },
    "forget-node.sh": {
      duration: {
        what: "old machine of a rebuilt node forgotten",
        seconds: 3,
        source: "estimate: four requests to the API; nothing where no cluster is there yet",
      },
      simulate: ({ settings, k3s, machineAt }) =>
        k3s.forget(settings, (machine) => machineAt(machine.address) === machine),
    },
    "place-archive.sh": {
      duration: {
        what: "archive of K3s' own images placed",
        seconds: 75,
        source:
          "estimate: 240 MB for each of four workers at 100 Mbit/s in all; in parallel with the servers that join before",
      },
      simulate: ({ machine, images, text }) => {
        images.placeArchive(machine.name, text("URL"));
        return `changed: ${text("DESTINATION")}`;
      },
    },
    "install-k3s.sh": {
      duration: {
        what: "K3s installed, an agent joined",
        seconds: 37,
        source:
          "measured on two cores: its kubelet is healthy after 31 s; and 6 s for a binary of 70 MB at 100 Mbit/s",
      },
      simulate: installK3s,
    },
    "pull-images.sh": {
      duration: {
        what: "images pulled ahead",
        seconds: 5,
        source:
          "estimate: looks at each; what it downloads is counted where it is needed, since nothing waits for this step",
      },
      simulate: ({ machine, images, text, words }) => {
        for (const image of words("IMAGES")) images.pull(machine.name, image);
        return `changed: ${text("IMAGES")} are pulled`;
      },
    },
    "verify-k3s.sh": {
      duration: {
        what: "cluster verified",
        seconds: 20,
        source: "estimate: waits for the last registration",
      },
      simulate: ({ settings, k3s }) => k3s.verify(settings),
    },
    "read-kubeconfig.sh": {
      duration: { what: "kubeconfig read", seconds: 5, source: "estimate" },
      simulate: ({ machine, k3s }) => k3s.kubeconfig(machine),
    },
  },
  durations: [
    {
      what: "K3s installed, a server joined",
      seconds: 37,
      source:
        "measured on two cores: the first server's API is ready after 10 to 16 s, a further server's after 10 to 31 s; the longest, and 6 s for a binary of 70 MB at 100 Mbit/s",
      applies: (resource) => ofScript("install-k3s.sh")(resource) && settingOf(resource, "ROLE") === "server",
    },
  ],
  readiness: {},
  enforces: {
    C2: [["guard", "components/k3s/changes.ts"]],
    C4: [["gate", "guest/reserve-resources.sh"]],
    N2: [["guard", "components/k3s/changes.ts"]],
    N5: [
      ["config", "config/rules/nodeLabels.ts"],
      ["config", "components/k3s/config.ts"],
    ],
    N8: [
      ["config", "config/schema.ts"],
      ["config", "components/k3s/config.ts"],
    ],
    N11: [["config", "components/k3s/config.ts"]],
    I2: [["config", "config/sections/cluster.ts"]],
    I3: [
      ["config", "components/k3s/config.ts"],
      ["config", "config/rules/mirrors.ts"],
      ["gate", "guest/place-archive.sh"],
      ["gate", "guest/pull-images.sh"],
      ["gate", "guest/install-k3s.sh"],
    ],
    I4: [["config", "catalog/nodeImages.ts"]],
    K1: [
      ["config", "config/rules/cluster.ts"],
      ["gate", "guest/verify-k3s.sh"],
      ["gate", "guest/configure-k3s.sh"],
      ["gate", "guest/forget-node.sh"],
      ["gate", "guest/install-k3s.sh"],
      ["script", "guest/drain-node.sh"],
      ["script", "guest/rejoin-etcd.sh"],
      ["script", "guest/remove-k3s.sh"],
      ["script", "guest/restore-etcd.sh"],
      ["script", "guest/stop-k3s.sh"],
    ],
    K2: [
      ["config", "config/schema.ts"],
      ["gate", "guest/verify-k3s.sh"],
      ["gate", "guest/configure-k3s.sh"],
    ],
    K3: [
      ["config", "config/rules/cluster.ts"],
      ["config", "config/schema.ts"],
      ["guard", "components/k3s/changes.ts"],
      ["gate", "guest/verify-k3s.sh"],
      ["gate", "guest/configure-k3s.sh"],
    ],
    K4: [
      ["config", "config/rules/versions.ts"],
      ["guard", "components/k3s/changes.ts"],
      ["gate", "guest/install-k3s.sh"],
      ["script", "guest/drain-node.sh"],
    ],
    K5: [
      ["config", "config/rules/cluster.ts"],
      ["gate", "guest/configure-k3s.sh"],
      ["gate", "guest/install-k3s.sh"],
      ["gate", "guest/read-kubeconfig.sh"],
    ],
    K6: [
      ["config", "config/rules/nodeLabels.ts"],
      ["config", "components/k3s/config.ts"],
      ["gate", "guest/forget-node.sh"],
    ],
    S6: [["config", "config/rules/nodeLabels.ts"]],
    S12: [
      ["guard", "components/k3s/changes.ts"],
      ["script", "guest/remove-k3s.sh"],
      ["script", "guest/rejoin-etcd.sh"],
      ["script", "guest/restore-etcd.sh"],
      ["script", "guest/stop-k3s.sh"],
    ],
    B5: [
      ["config", "components/k3s/config.ts"],
      ["script", "guest/restore-etcd.sh"],
    ],
    B6: [["script", "guest/restore-etcd.sh"]],
    P3: [
      ["config", "config/sections/cluster.ts"],
      ["gate", "guest/install-k3s.sh"],
      ["gate", "guest/place-archive.sh"],
    ],
  },
};
