import { z } from "zod";
import { advice, integer, name, pattern } from "../fields.ts";

/** Where a rebuild takes the lab's data from; left out, everything begins empty. */
export const restore = z.strictObject({
  /**
   * `latest`, or the name of a backup, such as `daily-20261120012300`. Databases that are backed up by their own means
   * take their newest backup that is no younger than that one.
   */
  from: pattern(
    "a backup",
    /^(latest|[a-z][a-z0-9-]*-20\d{12})$/,
    "write latest, or a backup's whole name with the time at its end, such as daily-20261120012300",
    "B6",
  ),
  /** The generation that the data is from: one before lab:backup.generation. */
  generation: integer("the generation to restore from", 1, 998, "B6"),
  /** Namespaces whose data comes back; every one that holds some where left out. */
  scope: z
    .array(name("a namespace"))
    .min(1, "is empty, and nothing would come back")
    .register(advice, {
      fix: "name the namespaces, or remove the line to restore all of them",
      lesson: "B6",
    })
    .optional(),
  /** Namespaces whose data of today may be written over; a restore onto any other live data stops. */
  overwrite: z.array(name("a namespace")).default([]),
});
