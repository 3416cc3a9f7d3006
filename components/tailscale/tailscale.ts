import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { hardenedContainer, podSecurityContext } from "../kubernetes/hardened.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts, type NetworkRule, udp } from "../kubernetes/networkRule.ts";
import { gatewayClassOf } from "../network/gatewayClass.ts";
import type { Network } from "../network/network.ts";

const name = "tailscale-ingress";
const labels = { "app.kubernetes.io/name": name } as const;
/** What its image calls the secret of its state where it is not told otherwise (TS_KUBE_SECRET). */
const stateSecret = "tailscale";
const healthPort = 9002;
const user = 65532;

/**
 * A way into the lab from its owner's tailnet. It advertises one route, the Gateway's address, so that whoever comes in
 * finds what everybody at home finds: the Gateway, and behind it the login (A4). In user space: it needs no privilege,
 * and nothing of the node (P4).
 */
export class Tailscale extends pulumi.ComponentResource {
  /** It is in the tailnet, with an address. */
  readonly ready: pulumi.Resource;

  constructor(
    resourceName: string,
    args: {
      readonly lab: Lab;
      readonly hostname: string;
      /** Secret. */
      readonly authKey: pulumi.Output<string>;
      readonly cluster: Cluster;
      readonly network: Network;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, hostname } = args;
    const route = `${lab.config.cluster.ingressAddress}/32`;
    super("lab:tailscale:Tailscale", resourceName, { hostname, route }, opts);
    const { provider } = args.cluster;
    const own = { provider, parent: this };
    const namespace = new Namespace(
      "tailscale",
      {
        provider,
        quota: { cpu: "200m", memory: "512Mi", pods: 3 },
        podSecurity: { profile: "restricted" },
        networkRules: networkRules(lab),
      },
      { parent: this, dependsOn: [args.network.ready] },
    );
    const within = { ...own, dependsOn: [namespace.ready] };
    const inside = { namespace: namespace.namespace };
    const key = new kubernetes.core.v1.Secret(
      "tailscale-key",
      { metadata: { ...inside, name: "tailscale-key" }, stringData: { key: args.authKey } },
      within,
    );
    // Made here, and filled by it alone: so it needs no right to make secrets.
    const state = new kubernetes.core.v1.Secret(
      stateSecret,
      { metadata: { ...inside, name: stateSecret } },
      { ...within, ignoreChanges: ["data", "stringData"] },
    );
    const account = new kubernetes.core.v1.ServiceAccount(name, { metadata: { ...inside, name } }, within);
    const role = new kubernetes.rbac.v1.Role(
      name,
      {
        metadata: { ...inside, name },
        rules: [
          {
            apiGroups: [""],
            resources: ["secrets"],
            resourceNames: [stateSecret],
            verbs: ["get", "update", "patch"],
          },
        ],
      },
      within,
    );
    const bound = new kubernetes.rbac.v1.RoleBinding(
      name,
      {
        metadata: { ...inside, name },
        subjects: [{ kind: "ServiceAccount", name, ...inside }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      },
      { ...own, dependsOn: [account, role] },
    );
    this.ready = new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...inside, name, labels },
        spec: {
          replicas: 1,
          // Two with one state would take each other's place in the tailnet.
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(hostname, route) },
        },
      },
      {
        ...own,
        dependsOn: [key, state, bound, ...args.network.gatewayChecks],
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
    // The key is for the first time; afterwards it is known by its state, and the key may expire.
    TS_AUTH_ONCE: "true",
    TS_ACCEPT_DNS: "false",
    TS_ENABLE_HEALTH_CHECK: "true",
    TS_LOCAL_ADDR_PORT: `:${healthPort}`,
  };
  // Well as soon as it has an address of the tailnet.
  const healthy = { httpGet: { path: "/healthz", port: healthPort } };
  return {
    serviceAccountName: name,
    enableServiceLinks: false,
    securityContext: podSecurityContext({ runAsUser: user, runAsGroup: user }),
    containers: [
      hardenedContainer({
        name: "tailscale",
        image: images.tailscale,
        imagePullPolicy: "IfNotPresent",
        env: [
          ...Object.entries(environment).map(([key, value]) => ({ name: key, value })),
          { name: "TS_AUTHKEY", valueFrom: { secretKeyRef: { name: "tailscale-key", key: "key" } } },
        ],
        startupProbe: { ...healthy, periodSeconds: 5, failureThreshold: 60 },
        readinessProbe: healthy,
        livenessProbe: { ...healthy, periodSeconds: 30, failureThreshold: 10 },
        resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      }),
    ],
    // Its socket, and what it would write beside a state that is elsewhere.
    volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "32Mi" } }],
  };
}

/** Out to the tailnet, to its own state, and to the Gateway: to nothing else in the cluster. */
function networkRules(lab: Lab): NetworkRule[] {
  const { proxyPeer, ports } = gatewayClassOf(lab);
  return [
    // Control plane and relays; STUN, and peers that are met directly. Where UDP does not get through, relays carry it.
    {
      name: "tailnet",
      direction: "egress",
      peer: { entities: ["world"] },
      ports: [443, udp(3478), udp(41641)],
    },
    { name: "state", direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
    { name: "gateway", direction: "egress", peer: proxyPeer, ports: [ports.http, ports.https] },
    {
      name: "gateway-address",
      direction: "egress",
      peer: { cidrs: [`${lab.config.cluster.ingressAddress}/32`] },
      ports: [80, 443],
    },
  ];
}
