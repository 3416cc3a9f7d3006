import { isDeepStrictEqual } from "node:util";
import type { Differences } from "../differences.ts";
import { type CheckFailure, type Properties, unknown } from "../fakeProvider.ts";
import { type ProviderClient, Refusal, type State } from "./providerClient.ts";

/** What a plugin answered to one operation on one resource. */
export interface Case {
  /** The generation that the operation belongs to; unique within a recording. */
  readonly name: string;
  readonly type: string;
  readonly operation: "check" | "preview" | "create" | "diff" | "read" | "update" | "delete";
  /** The change that a `diff` or an `update` is about. */
  readonly change?: string;
  /** On `check`: what the program gives. On `diff` and `update`: the inputs that differ from those. */
  readonly inputs?: unknown;
  readonly answer: Answer;
}

/**
 * Inputs and outputs are written as what the plugin made different: in a `check`, from the given inputs; in a `preview`,
 * `create` and `update`, from the checked inputs; in a `read`, from the state. A field that the plugin drops is null.
 */
export interface Answer {
  readonly id?: string;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly failures?: readonly CheckFailure[];
  readonly changes?: "none" | "some" | "unknown";
  readonly differences?: Differences;
  readonly deleteBeforeReplace?: true;
  /** A `read` found nothing. */
  readonly gone?: true;
  readonly refused?: string;
  /** Refused, and the resource exists all the same: the engine keeps it and updates it next time. */
  readonly incomplete?: true;
}

/** The answers of one plugin, as `npm run record` writes them. */
export interface Recording {
  readonly plugin: string;
  readonly version: string;
  readonly cases: readonly Case[];
}

/** One resource from its first inputs to its end, with the changes that the plugin judges on the way. */
export interface Life {
  readonly name: string;
  readonly type: string;
  /** The resource's name in its URN, where it matters; by default `subject`. */
  readonly resource?: string;
  readonly inputs: Properties;
  /** Inputs that differ, by what changes; undefined takes a field away. `update` says whether the change is made, too. */
  readonly changes?: Readonly<Record<string, { readonly inputs: Properties; readonly update?: true }>>;
  /** Ends after the check where there is nothing to create. */
  readonly only?: "check" | "preview";
  /** Leaves the resource in place: another generation needs it. */
  readonly keep?: true;
  /** How long the plugin may wait for it. */
  readonly seconds?: number;
  /** What has to happen first, outside of the plugin. */
  readonly before?: () => Promise<void>;
  /** Something happens between creation and `read`, outside of the plugin. */
  readonly meanwhile?: () => Promise<void>;
}

/** Replaces what differs from run to run by what it is: `<64 hexadecimal digits>`. */
export type Scrub = (
  value: unknown,
  path: readonly string[],
  state: { readonly inputs: Properties },
) => unknown;

/** Plays a generation on a provider, real or not, and gives every answer. */
export async function play(client: ProviderClient, generation: Life, scrub: Scrub): Promise<Case[]> {
  const cases: Case[] = [];
  const urn = urnOf(generation);
  const { name, type, seconds = 20 } = generation;
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

  await generation.before?.();
  let checked = generation.inputs;
  const check = await record(
    "check",
    { inputs: scrubbed(shown(generation.inputs), generation.inputs) },
    async () => {
      const { inputs, failures } = await client.check(urn, generation.inputs);
      checked = inputs;
      return { inputs: difference(generation.inputs, inputs), ...(failures.length > 0 && { failures }) };
    },
    generation.inputs,
  );
  if (check.refused !== undefined || check.failures !== undefined || generation.only === "check")
    return cases;

  await record(
    "preview",
    {},
    async () => {
      const { outputs } = await client.create(urn, checked, { preview: true });
      return { outputs: shown(difference(checked, withoutNotes(outputs))) };
    },
    checked,
  );
  if (generation.only === "preview") return cases;

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
  await generation.meanwhile?.();

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
  await record("diff", {}, async () => (await judge(undefined, generation.inputs)).answer, checked);
  for (const [change, { inputs }] of Object.entries(generation.changes ?? {}))
    await record(
      "diff",
      { change, inputs: scrubbed(shown(inputs, true), generation.inputs) },
      async () => (await judge(change, { ...generation.inputs, ...inputs })).answer,
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
    async () => (await judge(undefined, generation.inputs)).answer,
    checked,
  );

  for (const [change, { inputs, update }] of Object.entries(generation.changes ?? {}))
    if (update)
      await record(
        "update",
        { change },
        async () => {
          const news = (await client.check(urn, { ...generation.inputs, ...inputs }, state?.inputs)).inputs;
          state = await client.update(urn, state as State, news, { seconds });
          return { outputs: difference(news, withoutNotes(state.outputs)) };
        },
        checked,
      );
  if (generation.keep) return cases;
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

export function urnOf({ type, resource = "subject" }: Pick<Life, "type" | "resource">): string {
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

/** What makes `to` of `from`: fields that are new or other, null for those that are gone, `{}` where nothing is. */
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

/** What the Terraform bridge notes for itself; nothing else reads it. */
const bridgeNotes = ["__meta", "__pulumi_raw_state_delta"];

function withoutNotes(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !bridgeNotes.includes(key)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as JSON has it: an unknown by its name, and null for a field that is taken away. */
function shown(value: unknown, takesAway = false): unknown {
  if (value === unknown) return "<unknown>";
  if (value === undefined) return takesAway ? null : undefined;
  if (Array.isArray(value)) return value.map((item) => shown(item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, takesAway)]));
}
