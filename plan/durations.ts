import { commandType } from "../catalog/resourceTypes.ts";
import { type Duration, ofScript, ofType } from "../components/duration.ts";
import { features } from "../components/features.ts";
import type { RecordedResource } from "./record.ts";

/**
 * Steps of the runbooks, which no `up` runs: seconds from the command to a ready API, measured on two cores with K3s
 * 1.36.2.
 */
export const recoverySeconds = {
  "etcd reset on one server (restore-etcd.sh)": 21,
  "a server that rejoins after an etcd reset (rejoin-etcd.sh)": 26,
} as const;

/**
 * Timeline model: seconds to create each kind of resource on the lab's hardware. The first entry that applies counts.
 * An entry marked as an estimate is replaced once a real rebuild has been timed.
 */
export const durations: readonly Duration[] = [
  ...features.flatMap((feature) => feature.durations),
  ...features.flatMap(({ steps }) =>
    Object.entries(steps).map(([script, { duration }]) => ({ ...duration, applies: ofScript(script) })),
  ),
  {
    what: "any other object of the cluster",
    seconds: 0.5,
    source: "estimate: one request and the wait for its status",
    applies: ({ type }) => type.startsWith("kubernetes:"),
  },
  {
    what: "any other command",
    seconds: 5,
    source: "estimate",
    applies: ofType(commandType),
  },
];

/**
 * Download rates of images in MB/s: 100 Mbit/s from the Internet, ten times that from a mirror in the lab's network.
 */
export const imageRates = { internet: 12.5, mirror: 125 } as const;

/** Options of a timeline. */
export interface Counting {
  /** One of {@link imageRates}. */
  readonly rate: number;
  /** Whether gates take time. */
  readonly gates: boolean;
}

/** Seconds to create a resource. Components, providers and generated secrets take no measurable time. */
export function secondsOf(resource: RecordedResource, { rate, gates }: Counting): number {
  if (!resource.custom || resource.type.startsWith("pulumi:providers:")) return 0;
  const duration = durations.find(({ applies }) => applies(resource));
  if (duration === undefined || (duration.gate && !gates)) return 0;
  return duration.seconds + (duration.imagesMB ?? 0) / rate;
}
