import { skipAwaitAnnotation, waitForAnnotation } from "../../../catalog/annotations.ts";
import { releaseType } from "../../../catalog/resourceTypes.ts";
import type { Properties } from "../fakeProvider.ts";
import type { Case, Lifecycle, Scrub } from "./recording.ts";

const type = (kind: string, version = "core/v1") => `kubernetes:${version}:${kind}`;
const inLab = (name: string, more: object = {}) => ({ name, namespace: "lab", ...more });
const noWait = { annotations: { [skipAwaitAnnotation]: "true" } };
const containers = [{ name: "main", image: "registry.example/main:1.0.0" }];
const pods = { metadata: { labels: { app: "main" } }, spec: { containers } };

const configMap = (name: string, more: object = {}): Properties => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: inLab(name),
  data: { key: "one" },
  ...more,
});
const deployment = (metadata: object, replicas = 1): Properties => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: { replicas, selector: { matchLabels: { app: "main" } }, template: pods },
});
const job = (metadata: object): Properties => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata,
  spec: { template: { ...pods, spec: { containers, restartPolicy: "Never" } } },
});
const claim = (metadata: object, storageClassName = "fast"): Properties => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata,
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName,
    resources: { requests: { storage: "1Gi" } },
  },
});
const service = (metadata: object, more: object = {}): Properties => ({
  apiVersion: "v1",
  kind: "Service",
  metadata,
  spec: { ports: [{ port: 80 }], selector: { app: "main" }, ...more },
});

/** Behaviour of the plugin for objects: changes, rejections and waits. All objects are in the namespace `lab`. */
export const kubernetesLifecycles: readonly Lifecycle[] = [
  {
    name: "a ConfigMap whose content changes",
    type: type("ConfigMap"),
    inputs: configMap("content"),
    changes: {
      "its content": { inputs: { data: { key: "two" } } },
      "a key more": { inputs: { data: { key: "one", "b.c": "two" } } },
      "a label": { inputs: { metadata: inLab("content", { labels: { a: "b" } }) }, update: true },
      "its name": { inputs: { metadata: inLab("renamed") } },
      "its namespace": { inputs: { metadata: { name: "content", namespace: "other" } } },
    },
  },
  {
    name: "a ConfigMap without a name",
    type: type("ConfigMap"),
    inputs: { ...configMap(""), metadata: { namespace: "lab" } },
    only: "check",
  },
  {
    name: "a Secret whose content changes",
    type: type("Secret"),
    inputs: { apiVersion: "v1", kind: "Secret", metadata: inLab("secret"), stringData: { key: "one" } },
    changes: { "its content": { inputs: { stringData: { key: "two" } } } },
  },
  {
    name: "a Deployment",
    type: type("Deployment", "apps/v1"),
    inputs: deployment(inLab("deployment", noWait)),
    changes: {
      "its replicas": { inputs: deployment(inLab("deployment", noWait), 2), update: true },
      "its selector": {
        inputs: {
          spec: {
            replicas: 1,
            selector: { matchLabels: { app: "other" } },
            template: { ...pods, metadata: { labels: { app: "other" } } },
          },
        },
      },
    },
  },
  {
    name: "a Job",
    type: type("Job", "batch/v1"),
    inputs: job(inLab("job", noWait)),
    changes: {
      "its pods": {
        inputs: { spec: { template: { ...pods, spec: { containers, restartPolicy: "OnFailure" } } } },
      },
    },
  },
  {
    name: "a claim",
    type: type("PersistentVolumeClaim"),
    inputs: claim(inLab("claim", noWait)),
    changes: {
      "its class": { inputs: claim(inLab("claim", noWait), "slow") },
    },
  },
  {
    name: "a StorageClass",
    type: type("StorageClass", "storage.k8s.io/v1"),
    inputs: {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "fast" },
      provisioner: "driver.example",
      parameters: { numberOfReplicas: "2" },
    },
    changes: { "its parameters": { inputs: { parameters: { numberOfReplicas: "3" } } } },
  },
  {
    name: "a RoleBinding",
    type: type("RoleBinding", "rbac.authorization.k8s.io/v1"),
    inputs: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: inLab("binding"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one" },
      subjects: [{ kind: "ServiceAccount", name: "main", namespace: "lab" }],
    },
    changes: {
      "its role": {
        inputs: { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "two" } },
      },
    },
  },
  {
    name: "quantities in another form",
    type: type("ResourceQuota"),
    inputs: {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: inLab("quota", noWait),
      spec: { hard: { "requests.cpu": "1000m", "requests.memory": "1024Mi", pods: "10" } },
    },
    changes: {
      "the same in canonical form": {
        inputs: { spec: { hard: { "requests.cpu": "1", "requests.memory": "1Gi", pods: "10" } } },
      },
    },
  },
  {
    name: "empty values",
    type: type("NetworkPolicy", "networking.k8s.io/v1"),
    inputs: {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: inLab("policy", { labels: {}, annotations: {} }),
      spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [], egress: [] },
    },
  },
  { name: "an object that exists", type: type("ConfigMap"), inputs: configMap("there-already") },
  {
    name: "an object in a namespace that does not exist",
    type: type("ConfigMap"),
    inputs: configMap("lost", { metadata: { name: "lost", namespace: "nowhere" } }),
    seconds: 4,
  },
  {
    name: "an object with an invalid name",
    type: type("ConfigMap"),
    inputs: configMap("Not_A_Name"),
  },
  {
    name: "an object with an unknown field",
    type: type("ConfigMap"),
    inputs: configMap("field", { datum: { key: "one" } }),
  },
  {
    name: "an object with an unknown nested field",
    type: type("Service"),
    inputs: service(inLab("nested", noWait), { sessionAffinityy: "None" }),
  },
  {
    name: "an object of an undefined kind",
    type: "kubernetes:example.org/v1:Thing",
    inputs: { apiVersion: "example.org/v1", kind: "Thing", metadata: inLab("thing"), spec: {} },
    seconds: 4,
  },
  {
    name: "a Deployment that never becomes ready",
    type: type("Deployment", "apps/v1"),
    inputs: deployment(inLab("never")),
    seconds: 4,
  },
  { name: "a Job that never ends", type: type("Job", "batch/v1"), inputs: job(inLab("endless")), seconds: 4 },
  {
    name: "a LoadBalancer that never gets an address",
    type: type("Service"),
    inputs: service(inLab("balanced"), { type: "LoadBalancer" }),
    seconds: 4,
  },
  {
    name: "a custom resource whose condition never comes true",
    type: "kubernetes:cert-manager.io/v1:ClusterIssuer",
    inputs: {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: "never", annotations: { [waitForAnnotation]: "condition=Ready" } },
      spec: { selfSigned: {} },
    },
    seconds: 4,
  },
];

/** Releases of a chart from a repository, in the form in which the program installs them. */
export function releaseLifecycles(repo: string): readonly Lifecycle[] {
  const type = releaseType;
  const inputs = {
    atomic: true,
    chart: "one",
    cleanupOnFail: true,
    compat: "true",
    name: "one",
    namespace: "lab",
    repositoryOpts: { repo },
    timeout: 60,
    values: { colour: "blue", nested: { kept: true } },
    version: "1.0.0",
  };
  return [
    {
      name: "a release",
      type,
      inputs,
      changes: {
        "its values": {
          inputs: { values: { colour: "green", nested: { kept: true } } },
          update: true,
        },
        "a value less": { inputs: { values: { colour: "blue" } } },
        "its version": { inputs: { version: "1.1.0" }, update: true },
        "its name": { inputs: { name: "two" } },
        "its namespace": { inputs: { namespace: "other" } },
      },
    },
    {
      name: "a release of a missing chart",
      type,
      inputs: { ...inputs, chart: "none" },
      only: "check",
    },
    {
      name: "a release of a missing version",
      type,
      inputs: { ...inputs, version: "9.9.9" },
      only: "check",
    },
    {
      name: "a release with the defaults of the plugin",
      type,
      inputs: { chart: "one", name: "one", repositoryOpts: { repo }, version: "1.0.0" },
      only: "check",
    },
  ];
}

/**
 * Kinds that the plugin waits for, and that no controller makes ready here. For volumes and claims it ignores the
 * time limit.
 */
const awaited = new Set([
  "Deployment",
  "StatefulSet",
  "Job",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Service",
  "DaemonSet",
  "ResourceQuota",
]);

const planned = "as planned: ";

/** The lifecycles of planned objects in a recording. */
export function plannedLifecycles(cases: readonly Case[]): Lifecycle[] {
  return cases
    .filter(({ name, operation }) => name.startsWith(planned) && operation === "check")
    .map(({ name, type, inputs }) => lifecycleOf(name, type, inputs as Properties));
}

/** A lifecycle for each object, named after it. */
export function lifecyclesOf(
  objects: readonly { readonly type: string; readonly inputs: Properties }[],
): Lifecycle[] {
  return objects.map(({ type, inputs }) => {
    const { name, namespace } = inputs.metadata;
    const key = `${planned}${inputs.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
    return lifecycleOf(key, type, unawaited(inputs));
  });
}

function lifecycleOf(name: string, type: string, inputs: Properties): Lifecycle {
  const labels = { ...inputs.metadata.labels, changed: "yes" };
  return {
    name,
    type,
    inputs,
    changes: { "a label": { inputs: { metadata: { ...inputs.metadata, labels } }, update: true } },
    seconds: 20,
  };
}

/** An object for which the plugin does not wait: its controller does not run. */
export function unawaited(inputs: Properties): Properties {
  const { [waitForAnnotation]: condition, ...annotations } = inputs.metadata.annotations ?? {};
  if (condition === undefined && !awaited.has(inputs.kind)) return inputs;
  return {
    ...inputs,
    metadata: { ...inputs.metadata, annotations: { ...annotations, [skipAwaitAnnotation]: "true" } },
  };
}

const volatile: Readonly<Record<string, string>> = {
  uid: "<uid>",
  resourceVersion: "<version>",
  managedFields: "<fields>",
  clusterIP: "<address>",
  clusterIPs: "<addresses>",
  nodePort: "<port>",
};

/** The part of a release that its chart defines. */
const ofChart: Readonly<Record<string, string>> = {
  "outputs.resourceNames": "<names>",
  "outputs.status.appVersion": "<version>",
};

export const kubernetesScrub: Scrub = (value, path) => {
  const key = path.at(-1) ?? "";
  if (key === "__inputs") return "<inputs>";
  if (volatile[key] !== undefined && value !== "None" && value !== "<unknown>") return volatile[key];
  const said = ofChart[path.join(".")];
  if (said !== undefined && value !== "<unknown>") return said;
  if (typeof value !== "string") return value;
  return (
    value
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
      // A name that the plugin makes up.
      .replaceAll(/\bsubject-[0-9a-f]{8}\b/g, "subject-<8 hexadecimal digits>")
      .replaceAll(/pulumi-kubernetes-[0-9a-f]{8}/g, "pulumi-kubernetes-<8 hexadecimal digits>")
      .replaceAll(/(https?):\/\/127\.0\.0\.1:\d+/g, "$1://<address>")
  );
};
