/** Inputs or outputs of a resource, as plain values; what is not known yet is `unknown` (below). */
// biome-ignore lint/suspicious/noExplicitAny: properties have the shape of the provider that is stood in for
export type Properties = Record<string, any>;

/** What the engine puts in place of a value that only `up` will know. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value, or anything in it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** One input that is refused at preview. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** One type of resource, as its provider would treat it. Whatever it throws reaches the owner as its message. */
export interface StandInResource {
  /** Refuses inputs; at preview some of them are unknown. */
  readonly check?: (inputs: Properties) => CheckFailure[];
  /** Inputs whose change makes a new resource, as paths: `metadata.name`. */
  readonly replacedBy?: readonly string[];
  /** Outputs beyond the inputs that only creation makes known. */
  readonly computed?: readonly string[];
  readonly create: (inputs: Properties, urn: string) => Promise<{ id: string; outputs: Properties }>;
  /** Left out where every change replaces. */
  readonly update?: (id: string, inputs: Properties, olds: Properties, urn: string) => Promise<Properties>;
  readonly delete?: (id: string, outputs: Properties) => Promise<void>;
  /** Whether it is still there, for a refresh; left out where nobody can look. */
  readonly isThere?: (id: string, outputs: Properties) => Promise<boolean>;
}

/** A provider that keeps a simulated world in place of a real one. */
export interface StandIn {
  readonly name: string;
  readonly version: string;
  /** Takes the provider's own configuration, every value as text. */
  readonly configure?: (config: Readonly<Record<string, string>>) => void;
  /** Fields of that configuration whose change replaces the provider, and all that it made. */
  readonly replacedBy?: readonly string[];
  /** The resource of a type token, or undefined for one that the provider does not have. */
  readonly resource: (type: string) => StandInResource | undefined;
}
