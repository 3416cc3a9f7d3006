import semver from "semver";
import { parse } from "yaml";
import { releaseType } from "../../catalog/resourceTypes.ts";
import { NeverReady } from "../simulator/apiMessages.ts";
import type { Simulator } from "../simulator/simulator.ts";
import {
  type CheckFailure,
  type FakeProvider,
  type FakeResource,
  hasUnknown,
  NotReady,
  type Properties,
  sealed,
  unknown,
} from "./fakeProvider.ts";
import { checkpoint, type Mutable, normalized, objectDiff, pruned, stored } from "./kubernetesObjects.ts";
import { unknownFields } from "./sdkFields.ts";

/** Cluster-scoped kinds. All other kinds need an existing namespace. */
const clusterScoped = new Set([
  "Namespace",
  "Node",
  "PersistentVolume",
  "StorageClass",
  "StorageClassPatch",
  "PriorityClass",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "CSIDriver",
  "IngressClass",
  "RuntimeClass",
  "VolumeSnapshotClass",
  "GatewayClass",
  "ClusterIssuer",
  "CiliumLoadBalancerIPPool",
  "CiliumL2AnnouncementPolicy",
  "CiliumBGPAdvertisement",
  "CiliumBGPPeerConfig",
  "CiliumBGPClusterConfig",
]);

/** The provider's answer for an object of an unreachable cluster. */
const switchAdvice = 'with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
const reading = `failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation ${switchAdvice}`;
const deletion = `configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation ${switchAdvice}`;

/** Fake Kubernetes provider: it works on the API of the simulator's cluster. */
export function kubernetesFakeProvider(simulator: Simulator): FakeProvider {
  const { api } = simulator;
  /** Whether an existing object is patched; otherwise it is an error. */
  let isTakenOver = false;
  let mutable: Mutable = { configMaps: false, secrets: false };
  let cluster: { server: string; "certificate-authority-data"?: string } | undefined;

  const whyUnreachable = (): string | undefined => {
    if (cluster === undefined) return "the kubeconfig names no server";
    if (cluster.server !== simulator.cluster.apiUrl) return `${cluster.server} does not answer`;
    if (cluster["certificate-authority-data"] !== simulator.cluster.authority)
      return `${cluster.server}: x509: certificate signed by unknown authority`;
    return undefined;
  };
  const reach = (advice?: string) => {
    const why = whyUnreachable();
    if (why !== undefined) throw new Error(advice ?? `configured Kubernetes cluster is unreachable: ${why}`);
  };
  /** The provider's own switch for objects of a deleted cluster. */
  const isForgotten = () =>
    whyUnreachable() !== undefined && process.env.PULUMI_K8S_DELETE_UNREACHABLE === "true";
  const isThere = async (key: string) => {
    if (isForgotten()) return false;
    reach(reading);
    return api.has(key);
  };

  const object = (type: string, kind: string, module: string): FakeResource => ({
    check: (inputs) => [...shapeFailures(kind, inputs), ...fieldFailures(module, kind, inputs)],
    normalize: (inputs) => {
      const own = normalized(inputs);
      return kind === "Secret" && own.data !== undefined ? { ...own, data: sealed(own.data) } : own;
    },
    diff: (state, news) => objectDiff(state, news, mutable),
    planned: (inputs) => {
      if (hasUnknown(inputs) || whyUnreachable() !== undefined || kind.endsWith("Patch")) return {};
      // A dry run, which ends silently where the object already exists or its namespace does not.
      if (!api.wouldTake(kind, inputs)) return {};
      const { status: _, metadata, ...rest } = checkpoint(stored(type, inputs), inputs);
      return { ...rest, metadata: { ...metadata, resourceVersion: undefined } };
    },
    create: async (inputs, urn) => {
      reach();
      const live = stored(type, inputs);
      const outputs = checkpoint(live, inputs);
      try {
        return { id: await api.create(kind, live, { isTakenOver }), outputs };
      } catch (error) {
        if (error instanceof NeverReady)
          throw new NotReady(
            `resource ${JSON.stringify(urn)} was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${error.message}`,
            error.id,
            outputs,
          );
        throw new Error(
          `resource ${JSON.stringify(urn)} was not successfully created by the Kubernetes API server: ${(error as Error).message}`,
        );
      }
    },
    update: async (id, inputs, olds) => {
      reach();
      const live = stored(type, inputs, olds);
      api.update(kind, id, live);
      return checkpoint(live, inputs, olds);
    },
    delete: async (id) => {
      if (isForgotten()) return;
      reach(deletion);
      await api.delete(kind, id);
    },
    isThere: async (id) => await isThere(`${kind}/${id}`),
    read: async (id, { inputs, outputs }) => {
      const live = api.object(kind, id);
      const found = { inputs: pruned(live, inputs) as Properties, outputs: { ...outputs, ...live } };
      try {
        api.checkReady(kind, id);
      } catch (error) {
        if (!(error instanceof NeverReady)) throw error;
        throw new NotReady(
          `Resource '${live.metadata.name}' was created but failed to initialize: ${error.message}`,
          id,
          found.outputs,
        );
      }
      return found;
    },
  });

  const release: FakeResource = {
    check: (inputs) => [
      ...unknownFields("@pulumi/kubernetes", "helm/v3/release", "ReleaseArgs", inputs),
      ...(typeof inputs.version === "string" && semver.parse(inputs.version) !== null
        ? []
        : [{ property: "version", reason: `${inputs.version} is not an exact version` }]),
    ],
    normalize: ({ compat: _, ...inputs }) => ({
      ...releaseDefaults,
      timeout: 300,
      namespace: "default",
      ...inputs,
      repositoryOpts: { ...repositoryDefaults, ...inputs.repositoryOpts },
    }),
    planned: (inputs) => ({ __inputs: sealed(inputs), resourceNames: unknown, status: unknown }),
    replacedBy: ["name", "namespace"],
    create: async (inputs) => {
      reach();
      return { id: await api.install(inputs), outputs: released(inputs, 1) };
    },
    update: async (_id, inputs, olds) => {
      reach();
      await api.install(inputs);
      return released(inputs, (olds.status?.revision ?? 0) + 1);
    },
    // The switch has no effect on the deletion of a release: only a refresh removes one from the state.
    delete: async (_id, outputs) => {
      reach();
      await api.uninstall(outputs.name);
    },
    isThere: async (_id, outputs) => await isThere(`Release/${outputs.name}`),
  };

  return {
    name: "kubernetes",
    version: "4.34.2",
    configure: ({ kubeconfig, upsertExistingObjects, enableConfigMapMutable, enableSecretMutable }) => {
      mutable = { configMaps: enableConfigMapMutable === "true", secrets: enableSecretMutable === "true" };
      isTakenOver = (upsertExistingObjects ?? process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS) === "true";
      const config = parse(kubeconfig ?? "") as { clusters?: { cluster?: typeof cluster }[] } | null;
      cluster = config?.clusters?.[0]?.cluster;
      if (cluster?.server === undefined)
        throw new Error("failed to parse kubeconfig data: it names no server");
    },
    replacedBy: ["clusterIdentifier"],
    resource: (type) => {
      if (type === releaseType) return release;
      const parts = /^kubernetes:([^:]+):(\w+)$/.exec(type);
      return parts === null ? undefined : object(type, parts[2] ?? "", parts[1] ?? "");
    },
  };
}

/** Defaults that the provider adds to a release. */
const releaseDefaults = {
  allowNullValues: false,
  atomic: false,
  cleanupOnFail: false,
  createNamespace: false,
  dependencyUpdate: false,
  description: "",
  devel: false,
  disableCRDHooks: false,
  disableOpenapiValidation: false,
  disableWebhooks: false,
  forceUpdate: false,
  keyring: "",
  lint: false,
  postrender: "",
  recreatePods: false,
  renderSubchartNotes: false,
  replace: false,
  resetValues: false,
  reuseValues: false,
  skipAwait: false,
  skipCrds: false,
  values: {},
  verify: false,
  waitForJobs: false,
};
const repositoryDefaults = { caFile: "", certFile: "", keyFile: "", password: "", username: "" };

/** The provider's state of a release. It lists no objects, because no chart is rendered here. */
function released(inputs: Properties, revision: number): Properties {
  const { name, namespace, chart, version } = inputs;
  const status = { appVersion: "", chart, name, namespace, revision, status: "deployed", version };
  return { ...inputs, __inputs: sealed(inputs), resourceNames: {}, status };
}

function shapeFailures(kind: string, inputs: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  if (typeof inputs.kind !== "string" || inputs.kind === "") fail("kind", "Object 'Kind' is missing");
  if (typeof inputs.apiVersion !== "string" || inputs.apiVersion === "")
    fail("apiVersion", "apiVersion is missing");
  const metadata = (inputs.metadata ?? {}) as Properties;
  if (metadata.name === unknown) return failures;
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(metadata.name ?? ""))
    fail(
      "metadata.name",
      `${JSON.stringify(metadata.name)} is not an object name: lower case, digits, - and .`,
    );
  if (!clusterScoped.has(kind) && (metadata.namespace === undefined || metadata.namespace === ""))
    fail("metadata.namespace", `${kind} ${metadata.name} has no namespace`);
  return failures;
}

/** Fields that the API would reject, for the kinds that the SDK has types for; it has none for custom resources. */
function fieldFailures(module: string, kind: string, inputs: Properties): CheckFailure[] {
  if (
    !/^(core|apps|batch|networking\.k8s\.io|rbac\.authorization\.k8s\.io|storage\.k8s\.io|scheduling\.k8s\.io|policy|autoscaling)\/v\d+$/.test(
      module,
    )
  )
    return [];
  if (hasUnknown(inputs.metadata?.name)) return [];
  const file = `${module.replace(/\.k8s\.io|\.authorization/g, "")}/${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
  return unknownFields("@pulumi/kubernetes", file, `${kind}Args`, inputs);
}
