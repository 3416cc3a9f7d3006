import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import type { Quota } from "../kubernetes/namespace.ts";
import { veleroVersion } from "./veleroDefinitions.ts";

/** The ConfigMap that node agents read when they start. */
export const nodeAgentConfigName = "node-agent";

/** Requests and limits of data mover pods; one of them at a time on each node. */
const mover = { cpuRequest: "50m", memoryRequest: "128Mi", memoryLimit: "2Gi" } as const;

/**
 * Values of the Velero chart. Locations and schedules are resources of the program, so that policies judge
 * them.
 */
export function veleroValues(lab: Lab) {
  const { kubeletDirectory } = lab.config.cluster;
  const confined = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
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
    // The CRDs are a separate step before the release (G3).
    upgradeCRDs: false,
    cleanUpCRDs: false,
    // The location names its Secret itself, and volumes are backed up by CSI snapshots: the chart creates
    // neither (B3).
    credentials: { useSecret: false },
    backupsEnabled: false,
    snapshotsEnabled: false,
    configuration: {
      features: "EnableCSI",
      uploaderType: "kopia",
      defaultSnapshotMoveData: true,
      defaultVolumesToFsBackup: true,
      // An empty string would select the chart's default, and a sync every minute is 43,000 paid calls a
      // month.
      storeValidationFrequency: "24h0m0s",
      // How long the copy of one volume may wait for its pod.
      dataMoverPrepareTimeout: "30m0s",
      logFormat: "json",
      extraEnvVars: [
        // The only writable folders. Kopia stores its connections in HOME.
        { name: "HOME", value: "/scratch" },
        { name: "TMPDIR", value: "/scratch" },
      ],
    },
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containerSecurityContext: confined,
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    metrics: { enabled: true, podAnnotations: {} },
    deployNodeAgent: true,
    nodeAgent: {
      // The kubelet directory of the lab (K3).
      podVolumePath: `${kubeletDirectory}/pods`,
      pluginVolumePath: `${kubeletDirectory}/plugins`,
      extraArgs: [`--node-agent-configmap=${nodeAgentConfigName}`],
      // Volumes are also on nodes with taints.
      tolerations: [{ operator: "Exists" }],
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
    },
  };
}

/** Configuration of the node agents, in the form of Velero's pkg/types/node_agent.go. */
export function nodeAgentConfig(lab: Lab) {
  const { uploadMegabits } = lab.config.backup;
  return {
    // One volume after another on each node: a backup reads its whole volume.
    loadConcurrency: { globalConfig: 1 },
    podResources: mover,
    // Claims are restored before any pod mounts them. With WaitForFirstConsumer Velero would wait for that
    // pod until its timeout (WaitPVCConsumed, pkg/util/kube/pvc_pv.go).
    restorePVC: { ignoreDelayBinding: true },
    // Velero has no limit of its own: kopia has one, which Velero does not set. Cilium's bandwidth manager
    // reads this annotation.
    ...(uploadMegabits === undefined
      ? {}
      : { podAnnotations: { "kubernetes.io/egress-bandwidth": `${uploadMegabits}M` } }),
  };
}

/** Velero, an agent and a data mover on each node, and the jobs that maintain the repositories. */
export function veleroQuota(lab: Lab): Quota {
  const nodes = lab.nodes.length;
  return {
    cpu: `${70 * nodes + 400}m`,
    memory: `${192 * nodes + 1024}Mi`,
    pods: 4 * nodes + 20,
  };
}
