import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import type { Differences } from "./differences.ts";

/** Inputs or outputs of a resource, as plain values; what is not known yet is `unknown` (below). */
// biome-ignore lint/suspicious/noExplicitAny: properties have the shape of the provider that is stood in for
export type Properties = Record<string, any>;

/** What the engine puts in place of a value that only `up` will know. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as the engine keeps it encrypted. */
export function sealed(value: unknown): unknown {
  return { [rpc.specialSigKey]: rpc.specialSecretSig, value };
}

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

/** A resource as the engine keeps it: the inputs that were checked, and the outputs of the last operation. */
export interface FakeState {
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** What a provider says of a change. */
export interface FakeDiff {
  /** Empty where nothing differs. */
  readonly differences: Differences;
  readonly deleteBeforeReplace?: boolean;
}

/** The resource exists and did not become ready: the engine keeps it, and updates it at the next `up`. */
export class NotReady extends Error {
  readonly id: string;
  readonly outputs: Properties;

  constructor(message: string, id: string, outputs: Properties) {
    super(message);
    this.name = "NotReady";
    this.id = id;
    this.outputs = outputs;
  }
}

/** One type of resource, as its provider would treat it. Whatever it throws reaches the owner as its message. */
export interface FakeResource {
  /** Refuses inputs; at preview some of them are unknown. */
  readonly check?: (inputs: Properties) => CheckFailure[];
  /** What the provider makes of inputs: defaults that it adds, values in its own form. `olds` is empty at creation. */
  readonly normalize?: (inputs: Properties, olds: Properties) => Properties;
  /** Inputs whose change makes a new resource, as paths: `metadata.name`. */
  readonly replacedBy?: readonly string[];
  /** Compares by itself, where comparing inputs is not what the provider does. */
  readonly diff?: (state: FakeState, news: Properties) => FakeDiff;
  /** Outputs beyond the inputs that only creation makes known. */
  readonly computed?: readonly string[];
  /** Outputs that a preview shows, where they are more than the inputs and what is `computed`. */
  readonly planned?: (inputs: Properties) => Properties;
  readonly create: (inputs: Properties, urn: string) => Promise<{ id: string; outputs: Properties }>;
  /** Left out where every change replaces. */
  readonly update?: (id: string, inputs: Properties, olds: Properties, urn: string) => Promise<Properties>;
  readonly delete?: (id: string, outputs: Properties) => Promise<void>;
  /** Whether it is still there, for a refresh; left out where nobody can look. */
  readonly isThere?: (id: string, outputs: Properties) => Promise<boolean>;
  /** What a refresh finds where that can differ from the state; asked only of what is there. */
  readonly read?: (id: string, state: FakeState) => Promise<FakeState>;
}

/** A provider that keeps a simulated world in place of a real one. */
export interface FakeProvider {
  readonly name: string;
  readonly version: string;
  /** Takes the provider's own configuration, every value as text. */
  readonly configure?: (config: Readonly<Record<string, string>>) => void;
  /** Fields of that configuration whose change replaces the provider, and all that it made. */
  readonly replacedBy?: readonly string[];
  /** The resource of a type token, or undefined for one that the provider does not have. */
  readonly resource: (type: string) => FakeResource | undefined;
}
