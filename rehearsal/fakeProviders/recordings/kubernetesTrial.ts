import type { SimulatedMachine } from "../../../components/simulation.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { placeholderSecrets } from "../../../plan/placeholders.ts";
import { type Simulator, simulatorOf } from "../../simulator/simulator.ts";
import { kubernetesFakeProvider } from "../kubernetes.ts";
import { startChartRepository } from "./chartRepository.ts";
import { RealCluster, whyNoCluster } from "./cluster.ts";
import {
  kubernetesLifecycles,
  kubernetesScrub,
  lifecyclesOf,
  plannedLifecycles,
  releaseLifecycles,
} from "./kubernetes.ts";
import type { Recorded, Trial } from "./plugins.ts";
import { readRecording } from "./record.ts";
import type { Lifecycle } from "./recording.ts";
import { selectObjects } from "./selectObjects.ts";

/** Lifecycles of the program's own objects: the recorded ones, or those of the current plans. */
async function kubernetesTrial(
  planned: readonly Lifecycle[],
  kubeconfig: string,
  close: Trial["close"],
): Promise<Trial> {
  const charts = await startChartRepository();
  // Next to the kubeconfig, as the program configures it (components/k3s/cluster.ts).
  const switches = {
    enableServerSideApply: "true",
    enableConfigMapMutable: "true",
    enableSecretMutable: "true",
  };
  const config = { kubeconfig, ...switches };
  return {
    lifecycles: [...kubernetesLifecycles, ...releaseLifecycles(charts.url), ...planned],
    scrub: kubernetesScrub,
    config,
    close: async () => {
      charts.stop();
      await close();
    },
  };
}

const recordedObjects = () => plannedLifecycles(readRecording("kubernetes").cases);

export const kubernetes: Recorded = {
  name: "kubernetes",
  whyNot: whyNoCluster,
  select: async () => lifecyclesOf(await selectObjects()),
  real: async (planned = recordedObjects()) => {
    const cluster = await RealCluster.start();
    try {
      await prepareCluster(cluster, planned);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return await kubernetesTrial(planned, cluster.api.kubeconfig(), async () => await cluster.stop());
  },
  fakeProvider: async () => {
    const planned = recordedObjects();
    const lab = readLab("homelab", readStackFile("test/fixtures/valid/minimal.yaml"));
    const simulator = simulatorOf(lab, [], placeholderSecrets().proxmoxApiToken);
    await simulateCluster(simulator, planned);
    const { authority, apiUrl } = simulator.cluster;
    const kubeconfig = JSON.stringify({
      clusters: [{ cluster: { server: apiUrl, "certificate-authority-data": authority } }],
    });
    const close = async () => simulator.dispose();
    const trial = await kubernetesTrial(planned, kubeconfig, close);
    // Releases become ready only with a CNI. The objects before them show what never becomes ready without one.
    const network = async () => {
      await simulator.api.install({ name: "cilium", chart: "cilium", namespace: "kube-system" });
    };
    const lifecycles = trial.lifecycles.map((lifecycle) =>
      lifecycle.type.endsWith(":Release") ? { ...lifecycle, before: network } : lifecycle,
    );
    return { ...trial, lifecycles, fakeProvider: kubernetesFakeProvider(simulator) };
  },
};

/** The namespaces that the lifecycles need; those that Kubernetes creates itself are omitted. */
function namespacesOf(planned: readonly Lifecycle[]): Set<string> {
  const needed = planned.map(({ inputs }) => inputs.metadata.namespace as string | undefined);
  return new Set(
    ["lab", "other", ...needed.filter((name) => name !== undefined)].filter(
      (name) => !name.startsWith("kube-"),
    ),
  );
}

/** The same in the simulator: a K3s server, every definition, and the namespaces. */
async function simulateCluster({ cluster, api }: Simulator, planned: readonly Lifecycle[]): Promise<void> {
  const member = { name: "one", address: "10.2.0.2" } as SimulatedMachine;
  const configuration = JSON.stringify({ token: "t", "node-ip": member.address, "kubelet-arg": [] });
  cluster.configure(
    member,
    new Map([
      ["ROLE", "server"],
      ["CONFIG_B64", Buffer.from(configuration).toString("base64")],
      ["API_URL", "https://10.2.0.1:6443"],
    ]),
  );
  await cluster.install(member, new Map([["VERSION", "v1.36.2+k3s1"]]));
  const custom = planned.map(({ inputs }) => String(inputs.apiVersion).split("/")[0] ?? "");
  for (const group of [...custom, "cert-manager.io"]) api.define(group);
  for (const name of namespacesOf(planned))
    await api.create("Namespace", { kind: "Namespace", metadata: { name } }, { isTakenOver: true });
  const there = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "there-already", namespace: "lab" },
  };
  await api.create("ConfigMap", there, { isTakenOver: true });
}

/** Objects that exist before the lifecycles: the namespaces of all, and the targets of patches and rejections. */
async function prepareCluster(cluster: RealCluster, planned: readonly Lifecycle[]): Promise<void> {
  await cluster.createNamespaces(namespacesOf(planned));
  await cluster.create("/api/v1/namespaces/lab/configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "there-already" },
  });
  await cluster.createShipped();
}
