import type { ItilService, ServiceStore } from "../../catalog/itil.ts";
import { podsOf } from "../../catalog/itil.ts";
import type { Database } from "../data/database.ts";
import type { NetworkRule, Peer } from "../kubernetes/networkRule.ts";

/**
 * The network rules of a service: egress to its databases, to the services that it calls, and to the internet where it
 * downloads models; ingress from the services that call it. A service that is off gets no rule.
 */
export function itilNetworkRules(
  service: ItilService,
  running: readonly ItilService[],
  databases: readonly (readonly [ServiceStore, Pick<Database, "namespace" | "pods" | "port">])[],
): NetworkRule[] {
  const { name } = service;
  const pods = podsOf(service);
  const egress = (target: string, peer: Peer, port: number): NetworkRule => ({
    name: `${name}-to-${target}`,
    pods,
    direction: "egress",
    peer,
    ports: [port],
  });
  const peerOf = (other: ItilService): Peer => ({ namespace: other.namespace, pods: podsOf(other) });
  return [
    ...databases.map(([store, database]) =>
      egress(store, { namespace: database.namespace, pods: database.pods }, database.port),
    ),
    ...calledBy(service, running).map((other) => egress(other.name, peerOf(other), other.port)),
    ...running
      .filter((other) => other.calls.includes(name))
      .map(
        (other): NetworkRule => ({
          name: `${name}-from-${other.name}`,
          pods,
          direction: "ingress",
          peer: peerOf(other),
          ports: [service.port],
        }),
      ),
    ...(service.models === undefined ? [] : [egress("internet", { entities: ["world"] }, 443)]),
  ];
}

/** The services of a list that a service calls. */
export function calledBy<T extends ItilService>(
  { calls }: Pick<ItilService, "calls">,
  services: readonly T[],
): T[] {
  return services.filter(({ name }) => calls.includes(name));
}
