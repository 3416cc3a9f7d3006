import semver from "semver";
import { parse } from "yaml";
import type { DataCentre } from "../dataCentre/dataCentre.ts";
import { unknownFields } from "./sdkFields.ts";
import {
  type CheckFailure,
  hasUnknown,
  type Properties,
  type StandIn,
  type StandInResource,
  unknown,
} from "./standIn.ts";

/** Kinds that live outside namespaces; every other one needs a namespace that exists. */
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

/** Stands in for the Kubernetes API of the data centre's cluster. */
export function kubernetesStandIn(dataCentre: DataCentre): StandIn {
  const { api } = dataCentre;
  /** Whether an object that is there already is applied, in place of an error. */
  let isTakenOver = false;
  let cluster: { server: string; "certificate-authority-data"?: string } | undefined;

  const whyUnreachable = (): string | undefined => {
    if (cluster === undefined) return "the kubeconfig names no server";
    if (cluster.server !== dataCentre.cluster.apiUrl) return `${cluster.server} does not answer`;
    if (cluster["certificate-authority-data"] !== dataCentre.cluster.authority)
      return `${cluster.server}: x509: certificate signed by unknown authority`;
    return undefined;
  };
  const reach = () => {
    const why = whyUnreachable();
    if (why !== undefined) throw new Error(`configured Kubernetes cluster is unreachable: ${why}`);
  };
  /** The provider's own switch, for objects whose cluster is gone. */
  const isForgotten = () =>
    whyUnreachable() !== undefined && process.env.PULUMI_K8S_DELETE_UNREACHABLE === "true";
  const isThere = async (key: string) => {
    if (isForgotten()) return false;
    reach();
    return api.has(key);
  };

  const object = (kind: string, module: string): StandInResource => ({
    check: (inputs) => [...shapeFailures(kind, inputs), ...fieldFailures(module, kind, inputs)],
    // A job's pods never change; the name that another object had stays with it.
    replacedBy: [
      "apiVersion",
      "kind",
      "metadata.name",
      "metadata.namespace",
      ...(kind === "Job" ? ["spec"] : []),
    ],
    create: async (inputs) => {
      reach();
      return { id: await api.create(kind, inputs, { isTakenOver }), outputs: inputs };
    },
    update: async (id, inputs) => {
      reach();
      api.update(kind, id, inputs);
      return inputs;
    },
    delete: async (id) => {
      if (isForgotten()) return;
      reach();
      await api.delete(kind, id);
    },
    isThere: async (id) => await isThere(`${kind}/${id}`),
  });

  const release: StandInResource = {
    check: (inputs) => [
      ...unknownFields("@pulumi/kubernetes", "helm/v3/release", "ReleaseArgs", inputs),
      ...(typeof inputs.version === "string" && semver.parse(inputs.version) !== null
        ? []
        : [{ property: "version", reason: `${inputs.version} is no exact version` }]),
    ],
    computed: ["status"],
    replacedBy: ["name", "namespace"],
    create: async (inputs) => {
      reach();
      return { id: await api.install(inputs), outputs: { ...inputs, status: { status: "deployed" } } };
    },
    update: async (_id, inputs) => {
      reach();
      await api.install(inputs);
      return inputs;
    },
    // The switch does nothing for a release that is to be deleted: only a refresh forgets one.
    delete: async (_id, outputs) => {
      reach();
      await api.uninstall(outputs.name);
    },
    isThere: async (_id, outputs) => await isThere(`Release/${outputs.name}`),
  };

  return {
    name: "kubernetes",
    version: "4.34.2",
    configure: ({ kubeconfig, upsertExistingObjects }) => {
      isTakenOver = (upsertExistingObjects ?? process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS) === "true";
      const config = parse(kubeconfig ?? "") as { clusters?: { cluster?: typeof cluster }[] } | null;
      cluster = config?.clusters?.[0]?.cluster;
      if (cluster?.server === undefined)
        throw new Error("failed to parse kubeconfig data: it names no server");
    },
    replacedBy: ["clusterIdentifier"],
    resource: (type) => {
      if (type === "kubernetes:helm.sh/v3:Release") return release;
      const parts = /^kubernetes:([^:]+):(\w+)$/.exec(type);
      return parts === null ? undefined : object(parts[2] ?? "", parts[1] ?? "");
    },
  };
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
      `${JSON.stringify(metadata.name)} is no name of an object: lower case, digits, - and .`,
    );
  if (!clusterScoped.has(kind) && (metadata.namespace === undefined || metadata.namespace === ""))
    fail("metadata.namespace", `${kind} ${metadata.name} has no namespace`);
  return failures;
}

/** Fields that the API would refuse, for the kinds that the SDK has types of; custom resources it has none of. */
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
