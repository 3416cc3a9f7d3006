import { shown } from "../plan/wire.ts";

/** The texts that replace a secret or unknown value. */
export const placeholders = Object.values(shown);

export function isPlaceholder(value: unknown): boolean {
  return placeholders.some((placeholder) => value === placeholder);
}

/** Why a hidden map or list is a mistake: every check of a plan would skip its fields. */
export const hiddenWhole =
  "is hidden as a whole, so its fields cannot be checked: pass the secret or the output only where it is used";
