import type { ArtefactName } from "./artefacts.ts";

/** The result of checking one artefact. Its texts never contain a secret. */
export interface Finding {
  readonly artefact: ArtefactName;
  /** Where it was found or expected. */
  readonly where: string;
  /** `unchecked` means that this machine cannot check it, such as a token for a host that is lost. */
  readonly outcome: "valid" | "wrong" | "unchecked";
  readonly says: string;
  readonly fix?: string;
}

/** A result whose artefact and location are known. */
export type Judgement = Omit<Finding, "artefact" | "where">;

export const valid = (says: string): Judgement => ({ outcome: "valid", says });
export const wrong = (says: string, fix: string): Judgement => ({ outcome: "wrong", says, fix });
export const unchecked = (says: string, fix?: string): Judgement => ({
  outcome: "unchecked",
  says,
  ...(fix === undefined ? {} : { fix }),
});
