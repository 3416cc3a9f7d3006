/** `!Find`: a reference to an object by its fields. Authentik resolves it when it applies the blueprint. */
export class Find {
  readonly model: string;
  readonly conditions: Readonly<Record<string, string>>;

  constructor(model: string, conditions: Readonly<Record<string, string>>) {
    this.model = model;
    this.conditions = conditions;
  }
}

/** `!KeyOf`: a reference to an earlier entry of the same blueprint, by its id. */
export class KeyOf {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** A value in a blueprint. */
export type Value =
  | string
  | number
  | boolean
  | Find
  | KeyOf
  | readonly Value[]
  | { readonly [key: string]: Value };

/** The desired state of one object. */
export interface Entry {
  readonly model: string;
  /** The id that KeyOf refers to. */
  readonly id?: string;
  /** `present` (default) sets the attributes every time; `created` sets them only when the object does not exist. */
  readonly state?: "present" | "created";
  /** The fields that identify the object. */
  readonly identifiers: { readonly [key: string]: Value };
  readonly attrs?: { readonly [key: string]: Value };
}

/** A blueprint of Authentik. Entries are applied in order. */
export interface Blueprint {
  readonly name: string;
  readonly entries: readonly Entry[];
}
