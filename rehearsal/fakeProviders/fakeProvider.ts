import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import type { Differences } from "./differences.ts";

/** Inputs or outputs of a resource as plain values. A value that is not computed yet is `unknown` (below). */
// biome-ignore lint/suspicious/noExplicitAny: properties have the shape of the real provider
export type Properties = Record<string, any>;

/** The engine's placeholder for a value that only `up` computes. */
export const unknown = rpc.unknownValue;

/** A value that the engine stores encrypted. */
export function sealed(value: unknown): unknown {
  return { [rpc.specialSigKey]: rpc.specialSecretSig, value };
}

/** Whether a value is or contains an unknown value. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** An input that is rejected at preview. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** A resource in the engine's state: its checked inputs, and the outputs of the last operation. */
export interface FakeState {
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** A provider's answer to a diff. */
export interface FakeDiff {
  /** Empty where nothing differs. */
  readonly differences: Differences;
  readonly deleteBeforeReplace?: boolean;
}

/** The resource exists and did not become ready: the engine keeps it in the state and updates it at the next `up`. */
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

/** One resource type as its provider implements it. The user sees the message of every error that it throws. */
export interface FakeResource {
  /** Rejects inputs; at preview some of them are unknown. */
  readonly check?: (inputs: Properties) => CheckFailure[];
  /** Returns inputs in the provider's form, with its defaults. `olds` is empty at creation. */
  readonly normalize?: (inputs: Properties, olds: Properties) => Properties;
  /** Paths of inputs whose change replaces the resource, such as `metadata.name`. */
  readonly replacedBy?: readonly string[];
  /** A diff of its own, where the provider does not just compare inputs. */
  readonly diff?: (state: FakeState, news: Properties) => FakeDiff;
  /** Outputs that exist only after creation, in addition to the inputs. */
  readonly computed?: readonly string[];
  /** Outputs that a preview shows, where they are more than the inputs and `computed`. */
  readonly planned?: (inputs: Properties) => Properties;
  readonly create: (inputs: Properties, urn: string) => Promise<{ id: string; outputs: Properties }>;
  /** Omitted where every change replaces the resource. */
  readonly update?: (id: string, inputs: Properties, olds: Properties, urn: string) => Promise<Properties>;
  readonly delete?: (id: string, outputs: Properties) => Promise<void>;
  /** Whether the resource still exists, for a refresh; omitted where the provider cannot read it. */
  readonly isThere?: (id: string, outputs: Properties) => Promise<boolean>;
  /** State that a refresh reads, where it can differ from the engine's; called only for an existing resource. */
  readonly read?: (id: string, state: FakeState) => Promise<FakeState>;
}

/** A provider that works on a simulated lab. */
export interface FakeProvider {
  readonly name: string;
  readonly version: string;
  /** Receives the provider's configuration, every value as text. */
  readonly configure?: (config: Readonly<Record<string, string>>) => void;
  /** Fields of the configuration whose change replaces the provider and all its resources. */
  readonly replacedBy?: readonly string[];
  /** The resource of a type token, or undefined for a type that the provider does not have. */
  readonly resource: (type: string) => FakeResource | undefined;
}
