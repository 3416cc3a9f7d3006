import { commandType } from "../catalog/resourceTypes.ts";
import { type Duration, ofScript, ofType } from "../components/duration.ts";
import { features } from "../components/features.ts";
import type { RecordedResource } from "./record.ts";

/**
 * Steps of the runbooks, which no `up` runs: seconds measured on two cores with K3s 1.36.2, from the order to a ready API.
 */
export const recoverySeconds = {
  "etcd reset on one server (restore-etcd.sh)": 21,
  "a server that rejoins after a reset (rejoin-etcd.sh)": 26,
} as const;

/**
 * The timeline's model: seconds for creating each kind of resource on the lab's hardware. The first that applies counts.
 * An estimate says so; it is replaced when a real rebuild has been timed.
 */
export const durations: readonly Duration[] = [
  ...features.flatMap((feature) => feature.durations),
  ...features.flatMap(({ steps }) =>
    Object.entries(steps).map(([script, { duration }]) => ({ ...duration, applies: ofScript(script) })),
  ),
  {
    what: "any other object of the cluster",
    seconds: 0.5,
    source: "estimate: one request, and the wait for its status",
    applies: ({ type }) => type.startsWith("kubernetes:"),
  },
  {
    what: "any other command",
    seconds: 5,
    source: "estimate",
    applies: ofType(commandType),
  },
];

/** Download rates of images in MB/s: 100 Mbit/s from the Internet, ten times that from a mirror on the lab's network. */
export const imageRates = { internet: 12.5, mirror: 125 } as const;

/** What a timeline counts. */
export interface Counting {
  /** One of {@link imageRates}. */
  readonly rate: number;
  /** Whether gates take their time. */
  readonly gates: boolean;
}

/** Seconds that creating a resource takes. Components, providers and generated secrets take no time worth a line. */
export function secondsOf(resource: RecordedResource, { rate, gates }: Counting): number {
  if (!resource.custom || resource.type.startsWith("pulumi:providers:")) return 0;
  const duration = durations.find(({ applies }) => applies(resource));
  if (duration === undefined || (duration.gate && !gates)) return 0;
  return duration.seconds + (duration.imagesMB ?? 0) / rate;
}
