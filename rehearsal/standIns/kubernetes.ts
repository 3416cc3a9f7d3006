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
  let server: string | undefined;

  const reach = () => {
    if (server === undefined || server !== dataCentre.cluster.apiUrl)
      throw new Error(
        `Kubernetes cluster is unreachable: ${server ?? "the kubeconfig names no server"} does not answer`,
      );
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
      return { id: await api.create(kind, inputs), outputs: inputs };
    },
    update: async (id, inputs) => {
      reach();
      api.update(kind, id, inputs);
      return inputs;
    },
    delete: async (id) => {
      reach();
      await api.delete(kind, id);
    },
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
    delete: async (_id, outputs) => {
      reach();
      await api.uninstall(outputs.name);
    },
  };

  return {
    name: "kubernetes",
    version: "4.34.2",
    configure: ({ kubeconfig }) => {
      const config = parse(kubeconfig ?? "") as { clusters?: { cluster?: { server?: string } }[] } | null;
      server = config?.clusters?.[0]?.cluster?.server;
      if (server === undefined) throw new Error("failed to parse kubeconfig data: it names no server");
    },
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
