import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { release } from "../kubernetes/release.ts";
import type { Network } from "../network/network.ts";
import type { PreparedNode } from "../node/node.ts";
import { databasePorts } from "./naming.ts";

/** Namespace of the operator and of the plugin: the operator looks for plugins only in its own namespace. */
export const operatorNamespace = "cnpg-system";

/** Port on which the plugin answers the operator, by its chart. */
const pluginPort = 9090;

/**
 * Values of the operator's chart. Its CRDs stay when the chart is removed: without them every database would
 * be deleted.
 */
const operatorValues = {
  crds: { create: true },
  resources: { requests: { cpu: "20m", memory: "128Mi" }, limits: { memory: "256Mi" } },
};

/** Values of the plugin's chart. cert-manager must exist, and signs its certificates. */
const pluginValues = {
  crds: { create: true },
  resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
};

/**
 * CloudNativePG with barman's plugin, which runs every PostgreSQL cluster of the lab in any namespace, and
 * the settings that all of them share.
 */
export class PostgresOperator extends pulumi.ComponentResource {
  readonly lab: Lab;
  readonly provider: kubernetes.Provider;
  /** The server whose kubectl runs the check before a restore. */
  readonly bootstrapServer: PreparedNode;
  readonly backupKeyId: pulumi.Output<string>;
  readonly backupKey: pulumi.Output<string>;
  /** The CRDs exist, the webhook answers and the plugin serves. Databases depend on this. */
  readonly ready: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly backupKeyId: pulumi.Output<string>;
      readonly backupKey: pulumi.Output<string>;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { network } = args;
    super(
      "lab:postgres:PostgresOperator",
      name,
      { chart: charts.cloudNativePg.version, plugin: charts.barmanCloud.version },
      opts,
    );
    this.lab = args.lab;
    this.provider = args.cluster.provider;
    this.bootstrapServer = args.cluster.bootstrapServer;
    this.backupKeyId = args.backupKeyId;
    this.backupKey = args.backupKey;
    const own = { provider: this.provider, parent: this };
    const self = { namespace: operatorNamespace };
    const namespace = new Namespace(
      operatorNamespace,
      {
        provider: this.provider,
        quota: { cpu: "200m", memory: "512Mi", pods: 6 },
        podSecurity: { profile: "restricted" },
        networkRules: [
          { name: "api", direction: "to", peer: { api: true }, ports: [443, 6443, 6444] },
          { name: "webhook", direction: "from", peer: { api: true }, ports: [9443] },
          { name: "plugin-out", direction: "to", peer: self, ports: [pluginPort] },
          { name: "plugin-in", direction: "from", peer: self, ports: [pluginPort] },
          // The namespaces of the databases allow it to their pods.
          { name: "databases", direction: "to", peer: { cluster: true }, ports: databasePorts },
        ],
      },
      { parent: this, dependsOn: [network.ready] },
    );
    const operator = release(
      "cnpg",
      {
        chart: charts.cloudNativePg,
        namespace: namespace.namespace,
        values: operatorValues,
        timeoutSeconds: 600,
      },
      { ...own, dependsOn: [namespace.guarded] },
    );
    this.ready = release(
      "plugin-barman-cloud",
      {
        chart: charts.barmanCloud,
        namespace: namespace.namespace,
        values: pluginValues,
        timeoutSeconds: 600,
      },
      { ...own, dependsOn: [operator, network.issuer] },
    );
    this.registerOutputs({});
  }
}
