import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import type { ClaimsRestored } from "../backup/claimsRestored.ts";
import type { AlertGroup } from "../feature.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { databaseCluster } from "../identity/database.ts";
import type { Identity } from "../identity/identity.ts";
import { rotationOf } from "../identity/identitySettings.ts";
import { serviceUrl } from "../identity/oidc.ts";
import type { OidcClient } from "../identity/oidcClient.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { alertRules } from "../kubernetes/alerts.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts, type NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import { podMonitor } from "../kubernetes/scrape.ts";
import { monitoringNamespace, prometheusPods, type ScrapeTarget } from "../monitoring.ts";
import type { Network } from "../network/network.ts";
import { Route } from "../network/route.ts";
import { watchPostgres } from "../postgres/watchPostgres.ts";
import type { Storage } from "../storage/storage.ts";
import {
  claimsShown,
  grafanaAdminSecret,
  grafanaClientSecret,
  nodeExporterNamespace,
  prometheusValues,
} from "./prometheusValues.ts";

export interface ObservabilityArgs {
  /** Domain of the lab: the services are its hosts `prometheus`, `alertmanager` and `grafana`. */
  readonly domain: string;
  /** Number of nodes: each runs a node exporter, which its quota must fit. */
  readonly nodeCount: number;
  /** Rotation of the secret of Grafana's OIDC client; another number replaces the pod, which reads it once. */
  readonly secretRotation: number;
  /** Whether the engine refuses to delete the administrator's password (S12). */
  readonly protect: boolean;
  /** The cluster that monitoring runs in. */
  readonly cluster: Pick<Cluster, "provider">;
  /** The network with the gateway of its routes. */
  readonly network: Pick<Network, "ready" | "gateway">;
  /** Claims depend on its canary (S11). */
  readonly storage: Pick<Storage, "ready">;
  /** The login in front of its services. */
  readonly identity: Identity;
  /** The CRDs of PrometheusRule and PodMonitor. */
  readonly monitoringDefinitions: pulumi.Resource;
  /** Restores its claims where `lab:restore` orders it. */
  readonly claimsRestored: ClaimsRestored;
  /** Alerts of the layers below that have a namespace; their own components create the others. */
  readonly alertGroups: readonly AlertGroup[];
  /** Pods of the layers below that Prometheus scrapes. */
  readonly scrapeTargets: readonly ScrapeTarget[];
}

/** The part of the arguments that follows from the configuration. */
export function observabilityArgs(
  lab: Lab,
): Pick<ObservabilityArgs, "domain" | "nodeCount" | "secretRotation" | "protect"> {
  return {
    domain: lab.config.domain,
    nodeCount: lab.nodes.length,
    secretRotation: rotationOf(lab.config.identity, "grafana"),
    protect: lab.isProtected,
  };
}

/**
 * Monitoring: Prometheus, Alertmanager and Grafana on retained volumes (O3), each behind the login from its
 * first minute, and the alerts of the layers below.
 */
export class Observability extends pulumi.ComponentResource {
  readonly namespace: Namespace;
  /** Prometheus, Alertmanager and Grafana run. */
  readonly ready: pulumi.Resource;
  /** Their routes: the login gate depends on these. */
  readonly routes: readonly pulumi.Resource[];
  /** Password of Grafana's administrator, for a day on which the login does not work. */
  readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: ObservabilityArgs, opts: pulumi.ComponentResourceOptions) {
    const { network, identity, monitoringDefinitions } = args;
    const { provider } = args.cluster;
    super("lab:observability:Observability", name, { claims: claimsShown }, opts);
    const child = { provider, parent: this };
    this.namespace = new Namespace(
      monitoringNamespace,
      {
        provider,
        quota: { cpu: "800m", memory: "3Gi", pods: 15 },
        podSecurity: { profile: "restricted" },
        networkRules,
        routable: true,
      },
      { parent: this, dependsOn: [network.gateway.ready] },
    );
    const exporters = nodeExporters(args.nodeCount, provider, { parent: this, dependsOn: [network.ready] });

    this.adminPassword = pulumi.secret(
      generatedPassword(`${name}-grafana-admin`, 32, {
        parent: this,
        protect: args.protect,
        aliases: [{ name: "grafana-admin" }],
      }).result,
    );
    const login = identity.register(`${name}-grafana-client`, "grafana", this.namespace, { parent: this });
    const secrets = this.#secrets(name, login, child);
    const url = (service: string) => serviceUrl(args.domain, service);
    this.ready = release(
      charts.kubePrometheusStack.chart,
      {
        chart: charts.kubePrometheusStack,
        namespace: this.namespace.namespace,
        values: prometheusValues(
          {
            prometheus: url("prometheus"),
            alertmanager: url("alertmanager"),
            grafana: url("grafana"),
            login: login.urls,
          },
          args.secretRotation,
        ),
        timeoutSeconds: 1200,
      },
      {
        ...child,
        dependsOn: [
          args.storage.ready,
          monitoringDefinitions,
          ...secrets,
          // It does not depend on Authentik's knowledge of the client: monitoring must start in a lab whose
          // login does not.
          ...login.networkPolicies,
          exporters.ready,
          ...args.claimsRestored(this.namespace, this),
        ],
      },
    );
    this.routes = [
      ...(["prometheus", "alertmanager"] as const).map(
        (service) => identity.protect(`${name}-${service}`, service, [this.ready], { parent: this }).ready,
      ),
      this.#grafanaRoute(args, login),
    ];
    // After the namespaces of all targets.
    this.#watch(args, {
      ...child,
      dependsOn: [monitoringDefinitions, args.storage.ready, network.gateway.ready, this.namespace.ready],
    });
    watchPostgres(
      identity.authentik.database,
      { name: databaseCluster, definitions: monitoringDefinitions },
      child,
    );
    this.registerOutputs({});
  }

  #secrets(prefix: string, login: OidcClient, child: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const guarded = { ...child, dependsOn: [this.namespace.ready] };
    const secret = (name: string, stringData: Readonly<Record<string, pulumi.Input<string>>>) =>
      new kubernetes.core.v1.Secret(
        `${prefix}-${name}`,
        { metadata: { namespace: this.namespace.namespace, name }, stringData: { ...stringData } },
        { ...guarded, aliases: [{ name }] },
      );
    return [
      secret(grafanaAdminSecret, { "admin-user": "admin", "admin-password": this.adminPassword }),
      secret(grafanaClientSecret, {
        GF_AUTH_GENERIC_OAUTH_CLIENT_ID: login.id,
        GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: login.secret,
      }),
    ];
  }

  #grafanaRoute({ network, identity, cluster }: ObservabilityArgs, login: OidcClient): Route {
    const { host, upstream } = identity.service("grafana");
    return new Route(
      "grafana",
      {
        gateway: network.gateway,
        provider: cluster.provider,
        name: "grafana",
        host,
        backend: {
          namespace: this.namespace,
          service: upstream.service,
          port: upstream.port,
          pods: upstream.pods,
          podPort: upstream.podPort,
          createdBy: { release: this.ready, name: charts.kubePrometheusStack.chart },
        },
        login,
      },
      { parent: this },
    );
  }

  /** Scrape targets and alerts of the layers below, in the namespaces that they are about. */
  #watch(
    { scrapeTargets, alertGroups }: Pick<ObservabilityArgs, "scrapeTargets" | "alertGroups">,
    opts: pulumi.CustomResourceOptions,
  ): void {
    for (const target of scrapeTargets) podMonitor(target, opts);
    for (const { name, namespace, alerts } of alertGroups)
      if (namespace !== undefined) alertRules(name, { namespace, alerts }, opts);
  }
}

/** The node exporters: the only part of monitoring that is privileged, in a namespace of its own. */
function nodeExporters(
  nodes: number,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  return new Namespace(
    nodeExporterNamespace,
    {
      provider,
      // One on each node, and a second one during a replacement.
      quota: { cpu: `${40 * nodes}m`, memory: `${128 * nodes}Mi`, pods: 2 * nodes },
      podSecurity: {
        profile: "privileged",
        reason: "the node exporter reads the network, the processes and the file systems of its node",
      },
      // It uses the host network, to which no network policy applies: it requires a token instead.
      networkRules: [],
    },
    opts,
  );
}

/**
 * Traffic among the parts of monitoring, to the API and to scrape targets. From outside the namespace only
 * routes are allowed.
 */
const networkRules: readonly NetworkRule[] = [
  { name: "own-in", direction: "ingress", peer: { namespace: monitoringNamespace }, ports: [] },
  { name: "own-out", direction: "egress", peer: { namespace: monitoringNamespace }, ports: [] },
  { name: "api", direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
  {
    name: "webhook",
    pods: { app: "kube-prometheus-stack-operator" },
    direction: "ingress",
    peer: kubernetesApi,
    ports: [10250],
  },
  // The namespaces of the targets allow it to their pods.
  { name: "targets", pods: prometheusPods, direction: "egress", peer: { entities: ["cluster"] }, ports: [] },
  // Kubelets, and the node exporters on the host network.
  { name: "nodes", pods: prometheusPods, direction: "egress", peer: kubernetesApi, ports: [10250, 9100] },
];
