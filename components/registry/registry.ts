import { createHash } from "node:crypto";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import { portName } from "../../config/names.ts";
import { type RegistryPart, registryParts, registryUser } from "../../config/registry.ts";
import type { LabConfig } from "../../config/schema.ts";
import type { ClaimsRestored } from "../backup/claimsRestored.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { Network } from "../network/network.ts";
import type { Storage } from "../storage/storage.ts";
import type { RegistryAccess } from "./access.ts";
import { partProgram, registryFolders } from "./configuration.ts";
import { registryNamespace, registryService } from "./registryNames.ts";
import { verifyRegistrySettings } from "./registrySteps.ts";

const pods = { "app.kubernetes.io/name": "registry" } as const;
const user = 65532;

/**
 * The lab's own registry (I3): its owner's images, and a cache before every registry that the lab pulls from. One
 * process for each, since a cache of CNCF Distribution has one upstream; one pod, since they share disk and login.
 */
export class Registry extends pulumi.ComponentResource {
  /** A node has pulled through every cache, and a stranger was turned away. */
  readonly verified: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: NonNullable<LabConfig["registry"]>;
      readonly access: RegistryAccess;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly storage: Storage;
      readonly claimsRestored: ClaimsRestored;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, settings, access, cluster } = args;
    const parts = registryParts(lab);
    super(componentTypes.registry, name, { address: settings.address, parts }, opts);
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
    const within = { ...own, dependsOn: [namespace.guarded] };
    const inside = { namespace: namespace.namespace };
    const configuration = Object.assign({}, ...parts.map((part) => partProgram(part).files));
    const files = new kubernetes.core.v1.ConfigMap(
      "registry",
      { metadata: { ...inside, name: "registry" }, data: configuration },
      within,
    );
    const login = new kubernetes.core.v1.Secret(
      "registry-login",
      {
        metadata: { ...inside, name: "registry-login" },
        stringData: { htpasswd: pulumi.interpolate`${registryUser}:${access.passwordHash}\n` },
      },
      within,
    );
    const certificate = new kubernetes.core.v1.Secret(
      "registry-certificate",
      {
        metadata: { ...inside, name: "registry-certificate" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": access.certificate, "tls.key": access.key },
      },
      within,
    );
    const claimed = {
      ...own,
      dependsOn: [namespace.guarded, args.storage.canary, ...args.claimsRestored(namespace, this)],
      protect: lab.isProtected,
      retainOnDelete: true,
    };
    const claims = [
      claim("registry-own", settings.imagesGiB, {}, claimed),
      claim("registry-cache", settings.cacheGiB, neverBackedUp, claimed),
    ];
    const deployment = new kubernetes.apps.v1.Deployment(
      "registry",
      {
        metadata: { ...inside, name: "registry", labels: pods },
        spec: {
          replicas: 1,
          // Its volumes are attached to one node at a time.
          strategy: { type: "Recreate" },
          selector: { matchLabels: pods },
          template: {
            metadata: {
              labels: pods,
              annotations: {
                // Both are read once, at the start.
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
          ...inside,
          name: registryService,
          annotations: { "lbipam.cilium.io/ips": settings.address },
        },
        spec: {
          type: "LoadBalancer",
          selector: pods,
          // Otherwise one part that cannot start would take all the others away.
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
    this.verified = cluster.bootstrapServer.run(
      "registry-verify",
      {
        script: "verify-registry.sh",
        settings: access.password.apply((password) => verifyRegistrySettings(lab, password)),
        secret: true,
        timeout: "20m",
        // Once more for every release, and for whatever else changes the pod.
        triggers: [images.registry, hash(JSON.stringify(configuration))],
      },
      [service],
      this,
    );
    this.registerOutputs({});
  }
}

/**
 * No backup of what can be fetched again: neither by Velero, nor by Longhorn's daily job, which takes every volume that
 * has no job of its own.
 */
const neverBackedUp = {
  "velero.io/exclude-from-backup": "true",
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
          // Bound only when a pod comes, which waits for the claim.
          "pulumi.com/skipAwait": "true",
          // One that was restored belongs to Velero, and may have had another size.
          "pulumi.com/patchForce": "true",
        },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        // On Longhorn although it is a cache (S10): it is what the lab lives on while a registry refuses.
        storageClassName: "longhorn",
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
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: parts.map((part) => {
      // Its root tells nothing and asks for no login.
      const answers = { httpGet: { path: "/", port: portName(part.name), scheme: "HTTPS" } };
      return {
        name: part.name,
        image: images.registry,
        imagePullPolicy: "IfNotPresent",
        command: [...partProgram(part).command],
        // Otherwise it looks for a collector on its own port, and complains of it for ever.
        env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
        ports: [{ name: portName(part.name), containerPort: part.port }],
        readinessProbe: answers,
        livenessProbe: { ...answers, periodSeconds: 30, failureThreshold: 4 },
        resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "256Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
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
    // The nodes themselves pull, and the kubelet probes: they have the names that the API has.
    { name: "nodes", direction: "from", peer: { api: true }, ports },
    // Its owner pushes from a machine of their own.
    {
      name: "owner",
      direction: "from",
      peer: { world: true },
      ports: parts.filter(({ upstream }) => upstream === undefined).map(({ port }) => port),
    },
    { name: "upstreams", direction: "to", peer: { world: true }, ports: [443] },
  ];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
