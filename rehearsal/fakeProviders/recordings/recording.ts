import { isDeepStrictEqual } from "node:util";
import type { Differences } from "../differences.ts";
import { type CheckFailure, type Properties, unknown } from "../fakeProvider.ts";
import { type ProviderClient, Refusal, type State } from "./providerClient.ts";

/** A plugin's answer to one operation on one resource. */
export interface Case {
  /** The lifecycle of the operation; unique within a recording. */
  readonly name: string;
  readonly type: string;
  readonly operation: "check" | "preview" | "create" | "diff" | "read" | "update" | "delete";
  /** The change of a `diff` or an `update`. */
  readonly change?: string;
  /** For `check`: the program's inputs. For `diff` and `update`: the inputs that differ from those. */
  readonly inputs?: unknown;
  readonly answer: Answer;
}

/**
 * Inputs and outputs are stored as changes that the plugin made: in a `check` to the given inputs; in a `preview`,
 * `create` and `update` to the checked inputs; in a `read` to the state. A field that the plugin drops is null.
 */
export interface Answer {
  readonly id?: string;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly failures?: readonly CheckFailure[];
  readonly changes?: "none" | "some" | "unknown";
  readonly differences?: Differences;
  readonly deleteBeforeReplace?: true;
  /** A `read` found no resource. */
  readonly gone?: true;
  readonly refused?: string;
  /** Rejected although the resource exists: the engine stores it and updates it next time. */
  readonly incomplete?: true;
}

/** The answers of one plugin, as recordCommand.ts writes them. */
export interface Recording {
  readonly plugin: string;
  readonly version: string;
  readonly cases: readonly Case[];
}

/** One resource from its first inputs to its deletion, with changes in between. */
export interface Lifecycle {
  readonly name: string;
  readonly type: string;
  /** The resource's name in its URN, where it matters; default: `subject`. */
  readonly resource?: string;
  readonly inputs: Properties;
  /**
   * Inputs that differ, by the name of the change; undefined removes a field. `update` says whether the change is
   * also applied.
   */
  readonly changes?: Readonly<Record<string, { readonly inputs: Properties; readonly update?: true }>>;
  /** Ends after the check, where nothing is created. */
  readonly only?: "check" | "preview";
  /** Keeps the resource, because another lifecycle needs it. */
  readonly keep?: true;
  /** Time limit of the plugin. */
  readonly seconds?: number;
  /** An action before it, outside the plugin. */
  readonly before?: () => Promise<void>;
  /** An action between creation and `read`, outside the plugin. */
  readonly meanwhile?: () => Promise<void>;
}

/** Replaces values that differ between runs by a description: `<64 hexadecimal digits>`. */
export type Scrub = (
  value: unknown,
  path: readonly string[],
  state: { readonly inputs: Properties },
) => unknown;

/** Runs a lifecycle with a provider, real or fake, and returns every answer. */
export async function play(client: ProviderClient, lifecycle: Lifecycle, scrub: Scrub): Promise<Case[]> {
  const cases: Case[] = [];
  const urn = urnOf(lifecycle);
  const { name, type, seconds = 20 } = lifecycle;
  const record = async (
    operation: Case["operation"],
    about: Pick<Case, "change" | "inputs">,
    run: () => Promise<Answer>,
    before: Properties,
  ) => {
    const answer = await run().catch((error: unknown) => refusal(error, before));
    cases.push({ name, type, operation, ...about, answer: scrubbed(answer, before) as Answer });
    return answer;
  };
  const scrubbed = (value: unknown, inputs: Properties, path: readonly string[] = []): unknown => {
    const replaced = scrub(value, path, { inputs });
    if (replaced !== value || typeof value !== "object" || value === null) return replaced;
    if (Array.isArray(value))
      return value.map((item, index) => scrubbed(item, inputs, [...path, String(index)]));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, scrubbed(item, inputs, [...path, key])]),
    );
  };

  await lifecycle.before?.();
  let checked = lifecycle.inputs;
  const check = await record(
    "check",
    { inputs: scrubbed(shown(lifecycle.inputs), lifecycle.inputs) },
    async () => {
      const { inputs, failures } = await client.check(urn, lifecycle.inputs);
      checked = inputs;
      return { inputs: difference(lifecycle.inputs, inputs), ...(failures.length > 0 && { failures }) };
    },
    lifecycle.inputs,
  );
  if (check.refused !== undefined || check.failures !== undefined || lifecycle.only === "check") return cases;

  await record(
    "preview",
    {},
    async () => {
      const { outputs } = await client.create(urn, checked, { preview: true });
      return { outputs: shown(difference(checked, withoutNotes(outputs))) };
    },
    checked,
  );
  if (lifecycle.only === "preview") return cases;

  let state: State | undefined;
  await record(
    "create",
    {},
    async () => {
      try {
        state = await client.create(urn, checked, { preview: false, seconds });
      } catch (error) {
        if (error instanceof Refusal && error.state !== undefined)
          state = { ...error.state, inputs: checked };
        throw error;
      }
      return { id: state.id, outputs: difference(checked, withoutNotes(state.outputs)) };
    },
    checked,
  );
  if (state === undefined) return cases;
  await lifecycle.meanwhile?.();

  const judge = async (change: string | undefined, news: Properties) => {
    const { inputs } = await client.check(urn, news, state?.inputs);
    const { changes, differences, deleteBeforeReplace } = await client.diff(urn, state as State, inputs);
    return {
      change,
      inputs,
      answer: {
        changes,
        ...(Object.keys(differences).length > 0 && { differences }),
        ...(deleteBeforeReplace && { deleteBeforeReplace }),
      } as Answer,
    };
  };
  await record("diff", {}, async () => (await judge(undefined, lifecycle.inputs)).answer, checked);
  for (const [change, { inputs }] of Object.entries(lifecycle.changes ?? {}))
    await record(
      "diff",
      { change, inputs: scrubbed(shown(inputs, true), lifecycle.inputs) },
      async () => (await judge(change, { ...lifecycle.inputs, ...inputs })).answer,
      checked,
    );

  await record(
    "read",
    {},
    async () => {
      const before = state as State;
      const found = await client.read(urn, before);
      if (found === undefined) return { gone: true };
      state = found;
      return {
        inputs: difference(before.inputs, found.inputs),
        outputs: difference(before.outputs, found.outputs),
      };
    },
    checked,
  );
  await record(
    "diff",
    { change: "nothing, after a refresh" },
    async () => (await judge(undefined, lifecycle.inputs)).answer,
    checked,
  );

  for (const [change, { inputs, update }] of Object.entries(lifecycle.changes ?? {}))
    if (update)
      await record(
        "update",
        { change },
        async () => {
          const news = (await client.check(urn, { ...lifecycle.inputs, ...inputs }, state?.inputs)).inputs;
          state = await client.update(urn, state as State, news, { seconds });
          return { outputs: difference(news, withoutNotes(state.outputs)) };
        },
        checked,
      );
  if (lifecycle.keep) return cases;
  await record(
    "delete",
    {},
    async () => {
      await client.delete(urn, state as State, { seconds });
      return {};
    },
    checked,
  );
  return cases;
}

export function urnOf({ type, resource = "subject" }: Pick<Lifecycle, "type" | "resource">): string {
  return `urn:pulumi:recording::lab::${type}::${resource}`;
}

function refusal(error: unknown, checked: Properties): Answer {
  if (!(error instanceof Refusal)) throw error;
  if (error.state === undefined) return { refused: error.message };
  return {
    refused: error.message,
    incomplete: true,
    id: error.state.id,
    outputs: difference(checked, error.state.outputs),
  };
}

/** The changes from `from` to `to`: new and changed fields, null for removed ones, `{}` where there are none. */
export function difference(from: unknown, to: unknown): unknown {
  if (isRecord(from) && isRecord(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
    const changed = keys.flatMap((key): [string, unknown][] => {
      if (isDeepStrictEqual(from[key], to[key])) return [];
      if (!(key in to)) return [[key, null]];
      return [[key, key in from ? difference(from[key], to[key]) : to[key]]];
    });
    return Object.fromEntries(changed);
  }
  if (
    Array.isArray(from) &&
    Array.isArray(to) &&
    from.length === to.length &&
    from.every(isRecord) &&
    to.every(isRecord)
  )
    return to.map((item, index) => difference(from[index], item));
  return to;
}

/** The Terraform bridge's own fields, which no other code reads. */
const bridgeNotes = ["__meta", "__pulumi_raw_state_delta"];

function withoutNotes(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !bridgeNotes.includes(key)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as JSON represents it: an unknown value by its name, and null for a removed field. */
function shown(value: unknown, takesAway = false): unknown {
  if (value === unknown) return "<unknown>";
  if (value === undefined) return takesAway ? null : undefined;
  if (Array.isArray(value)) return value.map((item) => shown(item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, takesAway)]));
}
