import { commandType } from "../catalog/resourceTypes.ts";

/** The parts of a planned resource by which a duration is chosen. */
export interface TimedResource {
  readonly type: string;
  readonly name: string;
  /** As the wire has them: secrets and unknowns in their wrappers. */
  readonly wireInputs: Readonly<Record<string, unknown>>;
}

/** How long it takes to create one kind of resource: an entry of the timeline's model. */
export interface Duration {
  readonly what: string;
  /** Without the download of its images. */
  readonly seconds: number;
  /** Size of the images that no node has pulled before, in MB. */
  readonly imagesMB?: number;
  /**
   * Whether the step only verifies. A step that waits until something is running is not a gate: without it the next
   * step would wait instead.
   */
  readonly gate?: true;
  /** How the figure was measured, or on what an estimate rests. */
  readonly source: string;
  readonly applies: (resource: TimedResource) => boolean;
}

/** A duration without its resource, which the place where it is written implies. */
export type StepDuration = Omit<Duration, "applies">;

export const ofType =
  (...types: string[]) =>
  ({ type }: TimedResource) =>
    types.includes(type);

const releaseKind = "helm.sh/v3:Release";

/** A Helm release, by its name. */
export const ofRelease = (name: string) => ofObject(releaseKind, (own) => own === name);

/** An object of a kind, such as `apps/v1:Deployment`, whose name in the cluster fits. */
export function ofObject(kind: string, fits: (name: string) => boolean) {
  return ({ type, wireInputs }: TimedResource): boolean => {
    const { name, metadata } = wireInputs as {
      readonly name?: unknown;
      readonly metadata?: { readonly name?: unknown };
    };
    return type === `kubernetes:${kind}` && fits(String(kind === releaseKind ? name : metadata?.name));
  };
}

/** A command on a node that runs a script of guest/. */
export const ofScript =
  (script: string) =>
  ({ type, wireInputs }: TimedResource) =>
    type === commandType && String(wireInputs.create ?? "").endsWith(`/${script}`);

/** A setting that a guest script reads from its standard input; undefined where it is secret or not set. */
export function settingOf({ wireInputs }: TimedResource, name: string): string | undefined {
  const { stdin } = wireInputs;
  if (typeof stdin !== "string") return undefined;
  const line = stdin.split("\n").find((candidate) => candidate.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}
