/** A reference to an object by what it is found by; Authentik looks it up when it applies the blueprint. */
export class Find {
  readonly model: string;
  readonly conditions: Readonly<Record<string, string>>;

  constructor(model: string, conditions: Readonly<Record<string, string>>) {
    this.model = model;
    this.conditions = conditions;
  }
}

/** A reference to an entry further up in the same blueprint, by its id. */
export class KeyOf {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** What may stand in a blueprint. */
export type Value =
  | string
  | number
  | boolean
  | Find
  | KeyOf
  | readonly Value[]
  | { readonly [key: string]: Value };

/** One object as it should be. */
export interface Entry {
  readonly model: string;
  /** For KeyOf. */
  readonly id?: string;
  /** `present` brings it to its attributes every time, `created` only makes it when it is not there. */
  readonly state?: "present" | "created";
  /** What it is found by. */
  readonly identifiers: { readonly [key: string]: Value };
  readonly attrs?: { readonly [key: string]: Value };
}

/** Objects of Authentik, in the order in which they are made. */
export interface Blueprint {
  readonly name: string;
  readonly entries: readonly Entry[];
}
