import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import {
  excludeFromBackupLabel,
  loadBalancerAddressAnnotation,
  skipAwaitAnnotation,
} from "../../catalog/annotations.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { images } from "../../catalog/images.ts";
import { portName } from "../../config/names.ts";
import { type RegistryPart, registryUser } from "../../config/registry.ts";
import type { ClaimsRestored } from "../backup/claimsRestored.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { containerSecurityContext, podSecurityContext } from "../kubernetes/hardened.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, type NetworkRule } from "../kubernetes/networkRule.ts";
import type { Network } from "../network/network.ts";
import type { Storage } from "../storage/storage.ts";
import { longhornClass } from "../storage/storageClasses.ts";
import type { RegistryAccess } from "./access.ts";
import { partProgram, registryFolders } from "./configuration.ts";
import { registryNamespace, registryService } from "./registryNames.ts";
import type { RegistryPlan } from "./registrySteps.ts";

const pods = { "app.kubernetes.io/name": "registry" } as const;
const user = 65532;

/** The arguments of {@link Registry}. */
export interface RegistryArgs {
  /** The registry as it follows from the configuration, from `registryPlan`. */
  readonly plan: RegistryPlan;
  /** Login and certificate, which nodes know before the registry exists. */
  readonly access: RegistryAccess;
  readonly cluster: Cluster;
  /** The cluster's network, which must be ready before the pod. */
  readonly network: Network;
  /** The storage of the registry's volumes. */
  readonly storage: Storage;
  /** Restores the claims of the namespace from a backup before the program creates them. */
  readonly claimsRestored: ClaimsRestored;
}

/**
 * The lab's own registry (I3): a registry for own images, and a pull-through cache for each configured upstream. Each is a
 * process of its own, because a cache of CNCF Distribution has one upstream. All run in one pod, because they share a disk
 * and the login.
 */
export class Registry extends pulumi.ComponentResource {
  /** A node has pulled through every cache, and a request without the login was rejected. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: RegistryArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, access, cluster } = args;
    const { parts } = plan;
    super(componentTypes.registry, name, { address: plan.address, parts }, opts);
    const { provider } = cluster;
    const own = { provider, parent: this };
    const namespace = new Namespace(
      registryNamespace,
      {
        provider,
        quota: { cpu: "500m", memory: "2Gi", pods: 3 },
        podSecurity: { profile: "restricted" },
        networkRules: networkRules(parts),
      },
      { parent: this, dependsOn: [args.network.ready] },
    );
    const inNamespace = { ...own, dependsOn: [namespace.ready] };
    const metadata = { namespace: namespace.namespace };
    const configuration = Object.assign({}, ...parts.map((part) => partProgram(part).files));
    const files = new kubernetes.core.v1.ConfigMap(
      "registry",
      { metadata: { ...metadata, name: "registry" }, data: configuration },
      inNamespace,
    );
    const login = new kubernetes.core.v1.Secret(
      "registry-login",
      {
        metadata: { ...metadata, name: "registry-login" },
        stringData: { htpasswd: pulumi.interpolate`${registryUser}:${access.passwordHash}\n` },
      },
      inNamespace,
    );
    const certificate = new kubernetes.core.v1.Secret(
      "registry-certificate",
      {
        metadata: { ...metadata, name: "registry-certificate" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": access.certificate, "tls.key": access.key },
      },
      inNamespace,
    );
    const claimOptions = {
      ...own,
      dependsOn: [namespace.ready, args.storage.ready, ...args.claimsRestored(namespace, this)],
      protect: plan.protect,
      retainOnDelete: true,
    };
    const claims = [
      claim("registry-own", plan.imagesGiB, {}, claimOptions),
      claim("registry-cache", plan.cacheGiB, excludedFromBackup, claimOptions),
    ];
    const deployment = new kubernetes.apps.v1.Deployment(
      "registry",
      {
        metadata: { ...metadata, name: "registry", labels: pods },
        spec: {
          replicas: 1,
          // A ReadWriteOnce volume is attached to one node at a time.
          strategy: { type: "Recreate" },
          selector: { matchLabels: pods },
          template: {
            metadata: {
              labels: pods,
              annotations: {
                // The registry reads both only at its start: a change must restart the pod.
                "lab.home/configuration": hash(JSON.stringify(configuration)),
                "lab.home/certificate": access.certificate.apply(hash),
              },
            },
            spec: podSpec(parts),
          },
        },
      },
      {
        ...own,
        dependsOn: [files, login, certificate, ...claims],
        customTimeouts: { create: "15m", update: "15m" },
      },
    );
    const service = new kubernetes.core.v1.Service(
      registryService,
      {
        metadata: {
          ...metadata,
          name: registryService,
          annotations: { [loadBalancerAddressAnnotation]: plan.address },
        },
        spec: {
          type: "LoadBalancer",
          selector: pods,
          // Otherwise one part that is not ready would remove the endpoints of all parts.
          publishNotReadyAddresses: true,
          ports: parts.map(({ name: part, port, nodePort }) => ({
            name: part,
            port,
            targetPort: portName(part),
            nodePort,
          })),
        },
      },
      { ...own, dependsOn: [deployment], customTimeouts: { create: "5m" } },
    );
    this.ready = cluster.bootstrapServer.run(
      `${name}-verify`,
      {
        script: "verify-registry.sh",
        settings: access.password.apply((password) => plan.verify(password)),
        secret: true,
        timeout: "20m",
        // Runs again for every change of the pod.
        triggers: [images.registry, hash(JSON.stringify(configuration))],
      },
      [service],
      this,
    );
    this.registerOutputs({});
  }
}

/**
 * Labels that exclude the cache from backups, because its content can be pulled again: from Velero's, and from Longhorn's
 * jobs of the group `default`, which apply to every volume without a job of its own.
 */
const excludedFromBackup = {
  [excludeFromBackupLabel]: "true",
  "recurring-job.longhorn.io/source": "enabled",
  "recurring-job.longhorn.io/trim": "enabled",
};

function claim(
  name: string,
  gibibytes: number,
  labels: Readonly<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new kubernetes.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name,
        namespace: registryNamespace,
        labels,
        annotations: {
          // With WaitForFirstConsumer the claim is bound only when the pod is scheduled, and the pod depends on the claim.
          [skipAwaitAnnotation]: "true",
          // Velero is the field manager of a restored claim, which may have another size.
          "pulumi.com/patchForce": "true",
        },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        // On Longhorn although it is a cache (S10): the lab depends on it while an upstream registry is unavailable.
        storageClassName: longhornClass,
        resources: { requests: { storage: `${gibibytes}Gi` } },
      },
    },
    opts,
  );
}

function podSpec(parts: readonly RegistryPart[]) {
  const { settings, login, certificate, own, cache } = registryFolders;
  const mounts = [
    { name: "settings", mountPath: settings, readOnly: true },
    { name: "login", mountPath: login, readOnly: true },
    { name: "certificate", mountPath: certificate, readOnly: true },
  ];
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: podSecurityContext({
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: "OnRootMismatch",
    }),
    containers: parts.map((part) => {
      // The root path requires no login and reveals nothing.
      const probe = { httpGet: { path: "/", port: portName(part.name), scheme: "HTTPS" } };
      return {
        name: part.name,
        image: images.registry,
        imagePullPolicy: "IfNotPresent",
        command: [...partProgram(part).command],
        // By default the registry sends traces to a collector on localhost and logs an error each time.
        env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
        ports: [{ name: portName(part.name), containerPort: part.port }],
        readinessProbe: probe,
        livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 4 },
        resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "256Mi" } },
        securityContext: containerSecurityContext(),
        volumeMounts: [
          ...mounts,
          part.upstream === undefined ? { name: "own", mountPath: own } : { name: "cache", mountPath: cache },
        ],
      };
    }),
    volumes: [
      { name: "settings", configMap: { name: "registry" } },
      { name: "login", secret: { secretName: "registry-login" } },
      { name: "certificate", secret: { secretName: "registry-certificate" } },
      { name: "own", persistentVolumeClaim: { claimName: "registry-own" } },
      { name: "cache", persistentVolumeClaim: { claimName: "registry-cache" } },
    ],
  };
}

function networkRules(parts: readonly RegistryPart[]): NetworkRule[] {
  const ports = parts.map(({ port }) => port);
  return [
    // Nodes pull and kubelets probe. In Cilium they have the same entities as the API server.
    { name: "nodes", direction: "ingress", peer: kubernetesApi, ports },
    // Clients outside of the cluster push images.
    {
      name: "owner",
      direction: "ingress",
      peer: { entities: ["world"] },
      ports: parts.filter(({ upstream }) => upstream === undefined).map(({ port }) => port),
    },
    { name: "upstreams", direction: "egress", peer: { entities: ["world"] }, ports: [443] },
  ];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
