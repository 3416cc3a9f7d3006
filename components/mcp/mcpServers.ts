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

/** One server of the section `lab:mcp.servers`. */
type McpServer = NonNullable<LabConfig["mcp"]>["servers"][string];

const namespaceName = "mcp";
/** Directory of the cloned repository. */
const repositoryDirectory = "/repository";
const user = 65532;

/** Labels that the network rules select: servers that read the Kubernetes API, and servers that clone a repository. */
const apiReader = { "lab.home/kubernetes": "read" } as const;
const repositoryReader = { "lab.home/repository": "fetched" } as const;

const podsOf = (server: string) => ({ app: `mcp-${server}` });

export interface McpServersArgs {
  /** The section `lab:mcp.servers`, by name. */
  readonly servers: Readonly<Record<string, McpServer>>;
  readonly cluster: Pick<Cluster, "provider">;
  readonly network: Pick<Network, "gateway" | "ready">;
  readonly identity: Pick<Identity, "authentik" | "login">;
}

/** Servers of the Model Context Protocol behind the login, each a pod with the permissions that it was given. */
export class McpServers extends pulumi.ComponentResource {
  constructor(name: string, args: McpServersArgs, opts: pulumi.ComponentResourceOptions) {
    const { servers, network, identity } = args;
    super("lab:mcp:McpServers", name, { servers: Object.keys(servers) }, opts);
    const { provider } = args.cluster;
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
            pods: apiReader,
            direction: "egress",
            peer: kubernetesApi,
            ports: kubernetesApiPorts,
          },
          {
            name: "git",
            pods: repositoryReader,
            direction: "egress",
            peer: { entities: ["world"] },
            ports: [443],
          },
        ],
      },
      { parent: this, dependsOn: [network.ready] },
    );
    const clone = new kubernetes.core.v1.ConfigMap(
      `${name}-clone`,
      {
        metadata: { namespace: namespaceName, name: "clone" },
        data: { "clone.sh": readFileSync(new URL("clone.sh", import.meta.url), "utf8") },
      },
      { provider, parent: this, dependsOn: [namespace.ready] },
    );
    for (const [server, config] of Object.entries(servers)) {
      const service = this.#server(`${name}-${server}`, server, config, provider, [clone, namespace.ready]);
      new ProtectedRoute(
        `${name}-${server}`,
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
    name: string,
    server: string,
    config: McpServer,
    provider: kubernetes.Provider,
    after: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const objectName = `mcp-${server}`;
    const metadata = { namespace: namespaceName, name: objectName };
    const childOptions = { provider, parent: this, dependsOn: [...after] };
    const account = new kubernetes.core.v1.ServiceAccount(name, { metadata }, childOptions);
    // The ClusterRole `view` of Kubernetes: read access to every namespace, without Secrets and without exec.
    const bindings =
      config.kubernetes === "read"
        ? [
            new kubernetes.rbac.v1.ClusterRoleBinding(
              name,
              {
                metadata: { name: objectName },
                subjects: [{ kind: "ServiceAccount", ...metadata }],
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
              },
              childOptions,
            ),
          ]
        : [];
    const deployment = new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { ...metadata, labels: podsOf(server) },
        spec: {
          replicas: 1,
          selector: { matchLabels: podsOf(server) },
          template: {
            metadata: {
              labels: {
                ...podsOf(server),
                ...(config.kubernetes === "read" ? apiReader : {}),
                ...(config.git === undefined ? {} : repositoryReader),
              },
            },
            spec: podSpec(objectName, config),
          },
        },
      },
      {
        ...childOptions,
        dependsOn: [...after, account, ...bindings],
        customTimeouts: { create: "15m", update: "15m" },
      },
    );
    return new kubernetes.core.v1.Service(
      name,
      {
        metadata,
        spec: { selector: podsOf(server), ports: [{ port: 80, targetPort: config.port }] },
      },
      { ...childOptions, dependsOn: [deployment] },
    );
  }
}

/** A server, as the login declares it. */
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

function podSpec(accountName: string, { image, port, kubernetes: permissions, git }: McpServer) {
  const container = {
    imagePullPolicy: "IfNotPresent",
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "512Mi" } },
  };
  const temporary = { name: "tmp", mountPath: "/tmp" };
  const repository = { name: "repository", mountPath: repositoryDirectory };
  return {
    serviceAccountName: accountName,
    automountServiceAccountToken: permissions === "read",
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
                { name: "FOLDER", value: repositoryDirectory },
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
