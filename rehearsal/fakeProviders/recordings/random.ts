import { passwordType } from "../../../catalog/resourceTypes.ts";
import type { Lifecycle, Scrub } from "./recording.ts";

const password = passwordType;

/**
 * Every form in which the program uses the random provider, and the rejections that it relies on. RandomBytes is not
 * part of it: its id is its value in base64, and an id is never encrypted.
 */
export const randomLifecycles: readonly Lifecycle[] = [
  {
    name: "a password of letters and digits",
    type: password,
    inputs: { length: 40, special: false },
    changes: {
      "another length": { inputs: { length: 41 } },
      "the form of a password that was imported": { inputs: { length: 31, special: true } },
      "other keepers": { inputs: { keepers: { rotated: "2026-11-28" } } },
    },
  },
  { name: "a password without a length", type: password, inputs: { special: false }, only: "check" },
  { name: "a password of length 0", type: password, inputs: { length: 0, special: false } },
  {
    name: "a password with an unknown field",
    type: password,
    inputs: { length: 8, colour: "red" },
    only: "check",
  },
];

export const randomScrub: Scrub = (value, path) => {
  if (typeof value !== "string" || value.startsWith("<")) return value;
  switch (path.at(-1)) {
    case "result":
      return `<${value.length} of ${/^[A-Za-z0-9]+$/.test(value) ? "A-Za-z0-9" : "all characters"}>`;
    case "bcryptHash":
      return /^\$2a\$10\$.{53}$/.test(value) ? "<bcrypt hash of cost 10>" : value;
    default:
      return value;
  }
};
