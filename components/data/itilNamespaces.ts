import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { type ItilNamespace, itilNamespaces } from "../../catalog/itil.ts";
import { Namespace, type PodSecurity, type Quota } from "../kubernetes/namespace.ts";

/** Every Pod Security profile except privileged forbids hostPath, which Elasticsearch needs (D1). */
const podSecurity: Readonly<Record<ItilNamespace, PodSecurity>> = {
  "cortex-knowledge": {
    profile: "privileged",
    reason:
      "Elasticsearch and Neo4j store their data in a directory of their node (D1, D5), which every other profile forbids; no container here is privileged",
  },
  "cortex-itil": { profile: "restricted" },
  "cortex-service-desk": { profile: "restricted" },
};

export interface ItilNamespacesArgs {
  /** Quota of each namespace. */
  readonly quotas: Readonly<Record<ItilNamespace, Quota>>;
  readonly provider: kubernetes.Provider;
  /** Resources that must exist before the namespaces: the network policies' controller. */
  readonly after: readonly pulumi.Resource[];
}

/**
 * The namespaces of the ITIL platform. They deny everything but DNS; databases and services add their own
 * network rules.
 */
export class ItilNamespaces extends pulumi.ComponentResource {
  readonly byName: ReadonlyMap<ItilNamespace, Namespace>;

  constructor(name: string, args: ItilNamespacesArgs, opts: pulumi.ComponentResourceOptions) {
    super("lab:data:ItilNamespaces", name, {}, opts);
    this.byName = new Map(
      itilNamespaces.map((namespace) => [
        namespace,
        new Namespace(
          namespace,
          {
            provider: args.provider,
            quota: args.quotas[namespace],
            podSecurity: podSecurity[namespace],
            networkRules: [],
            // Each has web services of its own.
            routable: true,
          },
          { parent: this, dependsOn: [...args.after] },
        ),
      ]),
    );
    this.registerOutputs({});
  }

  get(name: ItilNamespace): Namespace {
    const namespace = this.byName.get(name);
    if (namespace === undefined) throw new Error(`${name} is not a namespace of the ITIL platform`);
    return namespace;
  }
}
