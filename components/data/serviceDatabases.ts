import type pulumi from "@pulumi/pulumi";
import { clientsOf, type ItilNamespace, podsOf } from "../../catalog/itil.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import { PostgresCluster } from "../postgres/postgresCluster.ts";
import { longhornClass } from "../storage/storageClasses.ts";

/**
 * One instance on Longhorn, whose three replicas survive the loss of a node (S10): it is unavailable for the
 * minutes in which its pod moves, which these services tolerate. A second instance would mean six copies of
 * every byte, in a lab whose disks were full once (S9).
 */
const size = { instances: 1, storageClass: longhornClass, sizeGiB: 5, memoryMiB: 192 } as const;

/**
 * A PostgreSQL cluster for each service that stores its state in one, which Longhorn's faulted volumes had
 * blocked (D5); by the service's name.
 */
export function serviceDatabases(
  args: {
    readonly operator: PostgresOperator;
    /** The namespaces of the services. */
    readonly namespaces: { get(name: ItilNamespace): Namespace };
    /** The storage canary (S11). */
    readonly after: readonly pulumi.Resource[];
  },
  parent: pulumi.Resource,
): ReadonlyMap<string, PostgresCluster> {
  return new Map(
    clientsOf("postgres").map((service) => {
      const namespace = args.namespaces.get(service.namespace);
      return [
        service.name,
        new PostgresCluster(
          service.name,
          {
            ...size,
            operator: args.operator,
            namespace,
            database: service.name.replaceAll("-", "_"),
            clients: [{ namespace: namespace.namespace, pods: podsOf(service) }],
            after: args.after,
          },
          { parent },
        ),
      ];
    }),
  );
}
