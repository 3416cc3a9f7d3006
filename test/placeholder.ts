import { shown } from "../plan/wire.ts";

/** The texts that stand for a value which is hidden or not known yet. */
export const placeholders = Object.values(shown);

export function isPlaceholder(value: unknown): boolean {
  return placeholders.some((placeholder) => value === placeholder);
}

/** Why a hidden map or list is a mistake: whatever looks at a plan would pass over what is in it. */
export const hiddenWhole =
  "is hidden as a whole, so that nothing in it can be checked: give the secret or the output where it is used";
