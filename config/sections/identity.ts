import { z } from "zod";
import { advice, integer, name, pattern } from "../fields.ts";

const group = pattern(
  "a name for a group",
  /^[a-z][a-z0-9-]{0,62}$/,
  "use lower-case letters, digits and hyphens, a letter first",
  "A5",
);

export const identity = z.strictObject({
  /** Groups of people, beside `admins`, which is always there and may do everything. */
  groups: z.array(group).default([]),
  /** People, by the name they log in with. Each gets a first password, which the stack's outputs show. */
  users: z
    .record(
      name("a user"),
      z.strictObject({
        email: pattern(
          "an e-mail address",
          /^[^@\s]+@([a-z0-9-]+\.)+[a-z]+$/i,
          "write the person's own address: services know people by it",
          "A5",
        ),
        groups: z.array(group).default([]),
      }),
    )
    .default({}),
  /** Whether everybody needs a second factor; a code generator is set up at the next login. */
  secondFactor: z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : "is neither true nor false") })
    .register(advice, { fix: "write true or false" })
    .default(false),
  /** What differs from a service's own declaration, by the service's name. */
  services: z
    .record(
      name("a service"),
      z.strictObject({
        /** Who may enter, in place of the declared groups. */
        groups: z
          .array(group)
          .min(1, "is empty, and nobody could enter")
          .register(advice, { fix: "name at least one group, such as admins", lesson: "A4" })
          .optional(),
        /** Counts the changes of its client secret: one higher changes it, for this service alone. */
        rotation: integer("the count of secrets", 1, 9999, "A5").optional(),
      }),
    )
    .default({}),
});
