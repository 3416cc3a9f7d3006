import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import type { ClaimsRestored } from "../backup/claimsRestored.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { databaseCluster } from "../identity/database.ts";
import type { Identity } from "../identity/identity.ts";
import { rotationOf } from "../identity/identitySettings.ts";
import { serviceUrl } from "../identity/oidc.ts";
import type { OidcClient } from "../identity/oidcClient.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { alertRules } from "../kubernetes/alerts.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import { monitoringNamespace, prometheusPods, scraped } from "../kubernetes/scrape.ts";
import type { Network } from "../network/network.ts";
import { Route } from "../network/route.ts";
import { watchPostgres } from "../postgres/alerts.ts";
import type { Storage } from "../storage/storage.ts";
import {
  claimsShown,
  grafanaAdminSecret,
  grafanaClientSecret,
  nodeExporterNamespace,
  prometheusValues,
} from "./prometheusValues.ts";
import { alertGroups, targets } from "./watched.ts";

/**
 * What watches the lab: Prometheus, Alertmanager and Grafana on volumes that are kept (O3), each behind the login from
 * its first minute, and the alerts of the layers below.
 */
export class Observability extends pulumi.ComponentResource {
  readonly namespace: Namespace;
  /** Prometheus, Alertmanager and Grafana run. */
  readonly ready: pulumi.Resource;
  /** What leads to them: whoever visits them waits for these. */
  readonly routes: readonly pulumi.Resource[];
  /** Of Grafana's own administrator, for the day on which there is no login. */
  readonly adminPassword: pulumi.Output<string>;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly storage: Storage;
      readonly identity: Identity;
      /** What alerts and scrape targets are, the cluster knows. */
      readonly definitions: pulumi.Resource;
      readonly claimsRestored: ClaimsRestored;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, network, identity, definitions } = args;
    const { provider } = args.cluster;
    super("lab:observability:Observability", name, { claims: claimsShown }, opts);
    const own = { provider, parent: this };
    this.namespace = new Namespace(
      monitoringNamespace,
      {
        provider,
        quota: { cpu: "800m", memory: "3Gi", pods: 15 },
        podSecurity: { profile: "restricted" },
        networkRules,
        routable: true,
      },
      { parent: this, dependsOn: [network.gateway.programmed] },
    );
    const exporters = nodeExporters(lab, provider, { parent: this, dependsOn: [network.ready] });

    this.adminPassword = pulumi.secret(
      generatedPassword("grafana-admin", 32, { parent: this, protect: lab.isProtected }).result,
    );
    const login = identity.register("grafana", this.namespace, { parent: this });
    const secrets = this.#secrets(login, own);
    const { domain } = lab.config;
    const url = (service: string) => serviceUrl(domain, service);
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
          rotationOf(lab.config.identity, "grafana"),
        ),
        timeoutSeconds: 1200,
      },
      {
        ...own,
        dependsOn: [
          args.storage.ready,
          definitions,
          ...secrets,
          // Not that Authentik knows it: what watches the lab starts in one whose login does not.
          ...login.way,
          exporters.guarded,
          ...args.claimsRestored(this.namespace, this),
        ],
      },
    );
    this.routes = [
      ...(["prometheus", "alertmanager"] as const).map(
        (service) => identity.protect(service, [this.ready], { parent: this }).ready,
      ),
      this.#grafanaRoute(args, login),
    ];
    // After the namespaces of all that is watched, too.
    this.#watch({
      ...own,
      dependsOn: [definitions, args.storage.ready, network.gateway.programmed, this.namespace.guarded],
    });
    watchPostgres(identity.authentik.database, { name: databaseCluster, definitions }, own);
    this.registerOutputs({});
  }

  #secrets(login: OidcClient, own: pulumi.CustomResourceOptions): pulumi.Resource[] {
    const guarded = { ...own, dependsOn: [this.namespace.guarded] };
    const secret = (name: string, stringData: Readonly<Record<string, pulumi.Input<string>>>) =>
      new kubernetes.core.v1.Secret(
        name,
        { metadata: { namespace: this.namespace.namespace, name }, stringData: { ...stringData } },
        guarded,
      );
    return [
      secret(grafanaAdminSecret, { "admin-user": "admin", "admin-password": this.adminPassword }),
      secret(grafanaClientSecret, {
        GF_AUTH_GENERIC_OAUTH_CLIENT_ID: login.id,
        GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET: login.secret,
      }),
    ];
  }

  #grafanaRoute(
    { network, identity, cluster }: ConstructorParameters<typeof Observability>[1],
    login: OidcClient,
  ): Route {
    const { host, upstream } = identity.service("grafana");
    return new Route(
      "grafana",
      {
        gateway: network.gateway,
        provider: cluster.provider,
        host,
        backend: {
          namespace: this.namespace,
          service: upstream.service,
          port: upstream.port,
          pods: upstream.pods,
          podPort: upstream.podPort,
          madeBy: { release: this.ready, name: charts.kubePrometheusStack.chart },
        },
        login,
      },
      { parent: this },
    );
  }

  /** Targets and alerts of the layers below, in the namespaces that they are about. */
  #watch(opts: pulumi.CustomResourceOptions): void {
    for (const target of targets) scraped(target, opts);
    for (const { name, namespace, alerts } of alertGroups) alertRules(name, { namespace, alerts }, opts);
  }
}

/** What looks at the nodes from inside: the one part of monitoring that needs privileges, in a namespace of its own. */
function nodeExporters(
  lab: Lab,
  provider: kubernetes.Provider,
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const nodes = lab.nodes.length;
  return new Namespace(
    nodeExporterNamespace,
    {
      provider,
      // One on each node, and a second while it is replaced.
      quota: { cpu: `${40 * nodes}m`, memory: `${128 * nodes}Mi`, pods: 2 * nodes },
      podSecurity: {
        profile: "privileged",
        reason: "the node exporter reads the node's own network, processes and file systems",
      },
      // It has the node's network, for which no network policy holds: it asks for a token instead.
      networkRules: [],
    },
    opts,
  );
}

/** Monitoring's parts among themselves, the API, and whatever Prometheus asks; from outside comes nobody but by a route. */
const networkRules: readonly NetworkRule[] = [
  { name: "own-in", direction: "from", peer: { namespace: monitoringNamespace }, ports: [] },
  { name: "own-out", direction: "to", peer: { namespace: monitoringNamespace }, ports: [] },
  { name: "api", direction: "to", peer: { api: true }, ports: [443, 6443, 6444] },
  {
    name: "webhook",
    pods: { app: "kube-prometheus-stack-operator" },
    direction: "from",
    peer: { api: true },
    ports: [10250],
  },
  // Which pods let it in, their own namespaces say.
  { name: "targets", pods: prometheusPods, direction: "to", peer: { cluster: true }, ports: [] },
  // Kubelets, and the node exporters, which have the nodes' network.
  { name: "nodes", pods: prometheusPods, direction: "to", peer: { api: true }, ports: [10250, 9100] },
];
