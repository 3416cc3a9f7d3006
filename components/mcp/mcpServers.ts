import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import { labelName, nameLimits } from "../../config/names.ts";
import type { LabConfig } from "../../config/schema.ts";
import type { ProtectedService } from "../identity/applications.ts";
import type { Identity } from "../identity/identity.ts";
import { ProtectedRoute } from "../identity/protectedRoute.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { hardenedContainer, podSecurityContext } from "../kubernetes/hardened.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts } from "../kubernetes/networkRule.ts";
import type { Network } from "../network/network.ts";

type McpServer = NonNullable<LabConfig["mcp"]>["servers"][string];

const namespaceName = "mcp";
const folder = "/repository";
const user = 65532;

/** Who may look at the cluster, and who fetches a repository, as the namespace's network rules know them. */
const looksAtCluster = { "lab.home/kubernetes": "read" } as const;
const fetchesRepository = { "lab.home/repository": "fetched" } as const;

const podsOf = (server: string) => ({ app: `mcp-${server}` });

/** Servers of the Model Context Protocol: each a pod of its own with no more rights than it was given, behind the login. */
export class McpServers extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: {
      readonly servers: Readonly<Record<string, McpServer>>;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly identity: Identity;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { servers, cluster, network, identity } = args;
    super("lab:mcp:McpServers", name, { servers: Object.keys(servers) }, opts);
    const { provider } = cluster;
    const count = Object.keys(servers).length;
    const namespace = new Namespace(
      namespaceName,
      {
        provider,
        quota: { cpu: `${100 * count + 100}m`, memory: `${512 * (count + 1)}Mi`, pods: 2 * count + 1 },
        podSecurity: { profile: "restricted" },
        networkRules: [
          {
            name: "api",
            pods: looksAtCluster,
            direction: "egress",
            peer: kubernetesApi,
            ports: kubernetesApiPorts,
          },
          {
            name: "git",
            pods: fetchesRepository,
            direction: "egress",
            peer: { entities: ["world"] },
            ports: [443],
          },
        ],
      },
      { parent: this, dependsOn: [network.ready] },
    );
    const clone = new kubernetes.core.v1.ConfigMap(
      "mcp-clone",
      {
        metadata: { namespace: namespaceName, name: "clone" },
        data: { "clone.sh": readFileSync(new URL("clone.sh", import.meta.url), "utf8") },
      },
      { provider, parent: this, dependsOn: [namespace.ready] },
    );
    for (const [server, config] of Object.entries(servers)) {
      const service = this.#server(server, config, provider, [clone, namespace.ready]);
      new ProtectedRoute(
        `mcp-${server}`,
        {
          service: applicationOf(server, config),
          rotation: 1,
          gateway: network.gateway,
          provider: identity.authentik,
          login: identity.login,
          after: [service],
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }

  #server(
    server: string,
    config: McpServer,
    provider: kubernetes.Provider,
    after: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const name = `mcp-${server}`;
    const inside = { namespace: namespaceName, name };
    const own = { provider, parent: this, dependsOn: [...after] };
    const account = new kubernetes.core.v1.ServiceAccount(name, { metadata: inside }, own);
    // Kubernetes' own role for looking: everything of every namespace but secrets and what opens pods.
    const rights =
      config.kubernetes === "read"
        ? [
            new kubernetes.rbac.v1.ClusterRoleBinding(
              name,
              {
                metadata: { name },
                subjects: [{ kind: "ServiceAccount", ...inside }],
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
              },
              own,
            ),
          ]
        : [];
    const deployment = new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...inside, labels: podsOf(server) },
        spec: {
          replicas: 1,
          selector: { matchLabels: podsOf(server) },
          template: {
            metadata: {
              labels: {
                ...podsOf(server),
                ...(config.kubernetes === "read" ? looksAtCluster : {}),
                ...(config.git === undefined ? {} : fetchesRepository),
              },
            },
            spec: podSpec(name, config),
          },
        },
      },
      {
        ...own,
        dependsOn: [...after, account, ...rights],
        customTimeouts: { create: "15m", update: "15m" },
      },
    );
    return new kubernetes.core.v1.Service(
      name,
      {
        metadata: inside,
        spec: { selector: podsOf(server), ports: [{ port: 80, targetPort: config.port }] },
      },
      { ...own, dependsOn: [deployment] },
    );
  }
}

/** A server as the login knows it. */
export function applicationOf(server: string, { groups, port }: McpServer): ProtectedService {
  return {
    name: labelName(`mcp-${server}`, nameLimits.applicationSlug),
    title: `MCP: ${server}`,
    host: `mcp-${server}`,
    groups,
    login: "proxy",
    upstream: {
      namespace: namespaceName,
      service: `mcp-${server}`,
      port: 80,
      pods: podsOf(server),
      podPort: port,
    },
  };
}

function podSpec(name: string, { image, port, kubernetes: rights, git }: McpServer) {
  const container = {
    imagePullPolicy: "IfNotPresent",
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
  };
  const temporary = { name: "tmp", mountPath: "/tmp" };
  const repository = { name: "repository", mountPath: folder };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: rights === "read",
    enableServiceLinks: false,
    securityContext: podSecurityContext(user),
    ...(git === undefined
      ? {}
      : {
          initContainers: [
            hardenedContainer({
              ...container,
              name: "clone",
              image: images.git,
              command: ["sh", "/clone/clone.sh"],
              env: [
                { name: "REPOSITORY", value: git.repository },
                { name: "COMMIT", value: git.commit },
                { name: "FOLDER", value: folder },
                { name: "HOME", value: "/tmp" },
              ],
              volumeMounts: [repository, temporary, { name: "clone", mountPath: "/clone", readOnly: true }],
            }),
          ],
        }),
    containers: [
      hardenedContainer({
        ...container,
        name: "server",
        image,
        env: [{ name: "HOME", value: "/tmp" }],
        ports: [{ containerPort: port }],
        readinessProbe: { tcpSocket: { port } },
        volumeMounts: [temporary, ...(git === undefined ? [] : [{ ...repository, readOnly: true }])],
      }),
    ],
    volumes: [
      { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
      ...(git === undefined
        ? []
        : [
            { name: "repository", emptyDir: { sizeLimit: "1Gi" } },
            { name: "clone", configMap: { name: "clone" } },
          ]),
    ],
  };
}
