import type { ArtefactName } from "./artefacts.ts";

/** What a check found out about one artefact. None of its texts ever holds a secret. */
export interface Finding {
  readonly artefact: ArtefactName;
  /** Where it was found or looked for. */
  readonly where: string;
  /** `unchecked` is for what cannot be told from here, such as a token for a host that is gone. */
  readonly outcome: "valid" | "wrong" | "unchecked";
  readonly says: string;
  readonly fix?: string;
}

/** What is found about something whose artefact and place are known. */
export type Judgement = Omit<Finding, "artefact" | "where">;

export const valid = (says: string): Judgement => ({ outcome: "valid", says });
export const wrong = (says: string, fix: string): Judgement => ({ outcome: "wrong", says, fix });
export const unchecked = (says: string, fix?: string): Judgement => ({
  outcome: "unchecked",
  says,
  ...(fix === undefined ? {} : { fix }),
});
