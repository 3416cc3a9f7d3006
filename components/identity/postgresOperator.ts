import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../config/charts.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { release } from "../kubernetes/release.ts";
import { databasePorts, operatorValues } from "./database.ts";

/** Where the operator lives. */
export const operatorNamespace = "cnpg-system";

/** CloudNativePG, which keeps the PostgreSQL servers of any namespace. */
export class PostgresOperator extends pulumi.ComponentResource {
  /** Its definitions are there, and its webhook answers: what databases depend on. */
  readonly ready: pulumi.Resource;

  constructor(
    name: string,
    args: { readonly provider: kubernetes.Provider; readonly after: readonly pulumi.Resource[] },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { provider, after } = args;
    super("lab:identity:PostgresOperator", name, { chart: charts.cloudNativePg.version }, opts);
    const namespace = new Namespace(
      operatorNamespace,
      {
        provider,
        quota: { cpu: "200m", memory: "512Mi", pods: 4 },
        podSecurity: { profile: "restricted" },
        openings: [
          { name: "api", direction: "to", peer: { api: true }, ports: [443, 6443, 6444] },
          { name: "webhook", direction: "from", peer: { api: true }, ports: [9443] },
          // Which databases let it in, their own namespaces say.
          { name: "databases", direction: "to", peer: { cluster: true }, ports: databasePorts },
        ],
      },
      { parent: this, dependsOn: [...after] },
    );
    this.ready = release(
      "cnpg",
      {
        chart: charts.cloudNativePg,
        namespace: namespace.namespace,
        values: operatorValues,
        timeoutSeconds: 600,
      },
      { provider, parent: this, dependsOn: [...namespace.guards] },
    );
    this.registerOutputs({});
  }
}
