import type { ItilService, ServiceStore } from "../../catalog/itil.ts";
import { podsOf } from "../../catalog/itil.ts";
import type { Database } from "../database.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";

/**
 * The ways of a service: to its databases, to the services that it calls, from those that call it, and to the internet
 * where its models come from. Of other services only those that run are named.
 */
export function itilNetworkRules(
  service: ItilService,
  running: readonly ItilService[],
  databases: readonly (readonly [ServiceStore, Pick<Database, "namespace" | "pods" | "port">])[],
): NetworkRule[] {
  const { name } = service;
  const pods = podsOf(service);
  const way = (
    direction: "from" | "to",
    whom: string,
    peer: NetworkRule["peer"],
    port: number,
  ): NetworkRule => ({
    name: `${name}-${direction}-${whom}`,
    pods,
    direction,
    peer,
    ports: [port],
  });
  const at = (other: ItilService) => ({ namespace: other.namespace, pods: podsOf(other) });
  return [
    ...databases.map(([store, database]) =>
      way("to", store, { namespace: database.namespace, pods: database.pods }, database.port),
    ),
    ...calledBy(service, running).map((other) => way("to", other.name, at(other), other.port)),
    ...running
      .filter((other) => other.calls.includes(name))
      .map((other) => way("from", other.name, at(other), service.port)),
    ...(service.models === undefined ? [] : [way("to", "internet", { world: true }, 443)]),
  ];
}

/** The services that one calls, as far as they are among some. */
export function calledBy<T extends ItilService>(
  { calls }: Pick<ItilService, "calls">,
  among: readonly T[],
): T[] {
  return among.filter(({ name }) => calls.includes(name));
}
