import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { hardenedContainer, podSecurityContext } from "../kubernetes/hardened.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts, type NetworkRule, udp } from "../kubernetes/networkRule.ts";
import type { GatewayClass } from "../network/gatewayClass.ts";
import { gatewayEgress } from "../network/gatewayEgress.ts";
import type { Network } from "../network/network.ts";

/** Name of the Deployment, its account and its Role. */
const ingressName = "tailscale-ingress";
const labels = { "app.kubernetes.io/name": ingressName } as const;
const keySecret = "tailscale-key";
/** The image's default for TS_KUBE_SECRET, the Secret of the node's state. */
const stateSecret = "tailscale";
const healthPort = 9002;
const user = 65532;

export interface TailscaleArgs {
  /** Name of the machine in the tailnet. */
  readonly hostname: string;
  /** Secret: an auth key of the tailnet. It is used once. */
  readonly authKey: pulumi.Output<string>;
  /** The Gateway's address, the only route that is advertised. */
  readonly ingressAddress: string;
  readonly cluster: Pick<Cluster, "provider">;
  readonly network: Pick<Network, "ready" | "gateway" | "gatewayChecks">;
}

/**
 * Remote access from the owner's tailnet. The pod advertises one route, the Gateway's address, so remote clients reach what
 * local clients reach: the Gateway, and behind it the login (A4). It runs in user space, without privileges and without
 * access to the node (P4).
 */
export class Tailscale extends pulumi.ComponentResource {
  /** The pod has joined the tailnet and has an address there. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: TailscaleArgs, opts: pulumi.ComponentResourceOptions) {
    const { hostname, ingressAddress, network } = args;
    const route = `${ingressAddress}/32`;
    super("lab:tailscale:Tailscale", name, { hostname, route }, opts);
    const childOptions = { provider: args.cluster.provider, parent: this };
    const component = new Namespace(
      "tailscale",
      {
        provider: args.cluster.provider,
        quota: { cpu: "200m", memory: "512Mi", pods: 3 },
        podSecurity: { profile: "restricted" },
        networkRules: networkRules(network.gateway.class, ingressAddress),
      },
      { parent: this, dependsOn: [network.ready] },
    );
    const { namespace } = component;
    const inNamespace = { ...childOptions, dependsOn: [component.ready] };
    const key = new kubernetes.core.v1.Secret(
      `${name}-key`,
      { metadata: { namespace, name: keySecret }, stringData: { key: args.authKey } },
      inNamespace,
    );
    // The program creates the Secret and the pod writes its content, so the pod needs no permission to create Secrets.
    const state = new kubernetes.core.v1.Secret(
      `${name}-state`,
      { metadata: { namespace, name: stateSecret } },
      { ...inNamespace, ignoreChanges: ["data", "stringData"], aliases: [{ name: stateSecret }] },
    );
    const metadata = { namespace, name: ingressName };
    const account = new kubernetes.core.v1.ServiceAccount(`${name}-ingress`, { metadata }, inNamespace);
    const role = new kubernetes.rbac.v1.Role(
      `${name}-ingress`,
      {
        metadata,
        rules: [
          {
            apiGroups: [""],
            resources: ["secrets"],
            resourceNames: [stateSecret],
            verbs: ["get", "update", "patch"],
          },
        ],
      },
      inNamespace,
    );
    const binding = new kubernetes.rbac.v1.RoleBinding(
      `${name}-ingress`,
      {
        metadata,
        subjects: [{ kind: "ServiceAccount", name: ingressName, namespace }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: ingressName },
      },
      { ...childOptions, dependsOn: [account, role] },
    );
    this.ready = new kubernetes.apps.v1.Deployment(
      `${name}-ingress`,
      {
        metadata: { ...metadata, labels },
        spec: {
          replicas: 1,
          // Two pods with one state would disconnect each other from the tailnet.
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(hostname, route) },
        },
      },
      {
        ...childOptions,
        dependsOn: [key, state, binding, ...network.gatewayChecks],
        customTimeouts: { create: "10m", update: "10m" },
      },
    );
    this.registerOutputs({});
  }
}

function podSpec(hostname: string, route: string) {
  const environment = {
    TS_HOSTNAME: hostname,
    TS_ROUTES: route,
    TS_USERSPACE: "true",
    // The key is for the first login only. Afterwards the state identifies the machine, so the key may expire.
    TS_AUTH_ONCE: "true",
    TS_ACCEPT_DNS: "false",
    TS_ENABLE_HEALTH_CHECK: "true",
    TS_LOCAL_ADDR_PORT: `:${healthPort}`,
  };
  // /healthz returns 200 when the machine has an address in the tailnet.
  const healthCheck = { httpGet: { path: "/healthz", port: healthPort } };
  return {
    serviceAccountName: ingressName,
    enableServiceLinks: false,
    securityContext: podSecurityContext({ runAsUser: user, runAsGroup: user }),
    containers: [
      hardenedContainer({
        name: "tailscale",
        image: images.tailscale,
        imagePullPolicy: "IfNotPresent",
        env: [
          ...Object.entries(environment).map(([name, value]) => ({ name, value })),
          { name: "TS_AUTHKEY", valueFrom: { secretKeyRef: { name: keySecret, key: "key" } } },
        ],
        startupProbe: { ...healthCheck, periodSeconds: 5, failureThreshold: 60 },
        readinessProbe: healthCheck,
        livenessProbe: { ...healthCheck, periodSeconds: 30, failureThreshold: 10 },
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      }),
    ],
    // For tailscaled's socket and temporary files. Its state is in the Secret.
    volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "32Mi" } }],
  };
}

/** Egress to the tailnet, to the Kubernetes API for the state, and to the Gateway; nothing else in the cluster. */
function networkRules(gateway: GatewayClass, ingressAddress: string): NetworkRule[] {
  return [
    // Control plane and relays (443), STUN (3478) and direct connections to peers (41641). Relays work without UDP.
    {
      name: "tailnet",
      direction: "egress",
      peer: { entities: ["world"] },
      ports: [443, udp(3478), udp(41641)],
    },
    { name: "state", direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
    ...gatewayEgress(gateway, ingressAddress),
  ];
}
