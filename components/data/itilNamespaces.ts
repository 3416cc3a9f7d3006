import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { type ItilNamespace, itilNamespaces } from "../../catalog/itil.ts";
import type { Lab } from "../../config/lab.ts";
import { Namespace, type PodSecurity } from "../kubernetes/namespace.ts";
import { itilQuota } from "./itilQuota.ts";

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

/**
 * The namespaces of the ITIL platform. They deny everything but DNS; databases and services add their own
 * network rules.
 */
export class ItilNamespaces extends pulumi.ComponentResource {
  readonly byName: ReadonlyMap<ItilNamespace, Namespace>;

  constructor(
    name: string,
    args: {
      readonly lab: Pick<Lab, "config">;
      readonly provider: kubernetes.Provider;
      readonly after: readonly pulumi.Resource[];
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("lab:data:ItilNamespaces", name, {}, opts);
    this.byName = new Map(
      itilNamespaces.map((namespace) => [
        namespace,
        new Namespace(
          namespace,
          {
            provider: args.provider,
            quota: itilQuota(args.lab.config, namespace),
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
