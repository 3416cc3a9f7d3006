import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import { containerSecurityContext, podSecurityContext } from "../kubernetes/hardened.ts";
import type { Quota } from "../kubernetes/namespace.ts";
import { veleroVersion } from "./veleroDefinitions.ts";

/** The ConfigMap that node agents read when they start. */
export const nodeAgentConfigName = "node-agent";

/** What pods that move data ask for, and may use; one of them at a time on each node. */
const mover = { cpuRequest: "50m", memoryRequest: "128Mi", memoryLimit: "2Gi" } as const;

/** Values of the Velero chart. Locations and schedules are objects of the program's own, so that policies see them. */
export function veleroValues(lab: Lab) {
  const { kubeletDirectory } = lab.config.cluster;
  const confined = containerSecurityContext();
  return {
    image: { tag: veleroVersion },
    initContainers: [
      {
        name: "velero-plugin-for-aws",
        image: images.veleroPlugin,
        securityContext: confined,
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
        volumeMounts: [{ name: "plugins", mountPath: "/target" }],
      },
    ],
    // Its definitions are a step of their own, before it (G3).
    upgradeCRDs: false,
    cleanUpCRDs: false,
    // The location names its secret itself, and volumes are taken by CSI: nothing is left for the chart to make (B3).
    credentials: { useSecret: false },
    backupsEnabled: false,
    snapshotsEnabled: false,
    configuration: {
      features: "EnableCSI",
      uploaderType: "kopia",
      defaultSnapshotMoveData: true,
      defaultVolumesToFsBackup: true,
      // An empty string would be the chart's own, and a look every minute is 43,000 paid calls a month.
      storeValidationFrequency: "24h0m0s",
      // What the copy of one volume may wait for its pod.
      dataMoverPrepareTimeout: "30m0s",
      logFormat: "json",
      extraEnvVars: [
        // Its only folders that can be written to. Kopia keeps its connections in HOME.
        { name: "HOME", value: "/scratch" },
        { name: "TMPDIR", value: "/scratch" },
      ],
    },
    podSecurityContext: podSecurityContext(65532),
    containerSecurityContext: confined,
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    metrics: { enabled: true, podAnnotations: {} },
    deployNodeAgent: true,
    nodeAgent: {
      // Where the kubelet is, and nowhere else (K3).
      podVolumePath: `${kubeletDirectory}/pods`,
      pluginVolumePath: `${kubeletDirectory}/plugins`,
      extraArgs: [`--node-agent-configmap=${nodeAgentConfigName}`],
      // Volumes are on nodes with taints too.
      tolerations: [{ operator: "Exists" }],
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    },
  };
}

/** What node agents read when they start, as pkg/types/node_agent.go of Velero has it. */
export function nodeAgentConfig(lab: Lab) {
  const { uploadMegabits } = lab.config.backup;
  return {
    // A volume after another on each node: a backup reads its whole volume.
    loadConcurrency: { globalConfig: 1 },
    podResources: mover,
    // Claims come back before any pod asks for them. With classes that wait for their first consumer Velero would wait
    // for that pod, until its time is up (WaitPVCConsumed, pkg/util/kube/pvc_pv.go).
    restorePVC: { ignoreDelayBinding: true },
    // Velero has no limit of its own: kopia's is there, and nothing sets it. Cilium's bandwidth manager reads this.
    ...(uploadMegabits === undefined
      ? {}
      : { podAnnotations: { "kubernetes.io/egress-bandwidth": `${uploadMegabits}M` } }),
  };
}

/** Velero, an agent on each node, a pod that moves data on each, and jobs that keep the repositories in order. */
export function veleroQuota(lab: Lab): Quota {
  const nodes = lab.nodes.length;
  return {
    cpu: `${70 * nodes + 400}m`,
    memory: `${192 * nodes + 1024}Mi`,
    pods: 4 * nodes + 20,
  };
}
