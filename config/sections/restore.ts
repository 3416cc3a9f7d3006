import { z } from "zod";
import { field, fields } from "../fieldDocs.ts";
import { advice, integer, name, pattern } from "../fields.ts";

const once =
  "Used when a namespace's volumes and databases are created. Data that is restored already stays as it is.";

/** The source of the data for a rebuild. */
export const restore = fields({
  from: field(
    pattern(
      "a backup",
      /^(latest|[a-z][a-z0-9-]*-20\d{12})$/,
      "write latest, or a backup's whole name with the time at its end, such as daily-20261120012300",
      "B6",
    ),
    {
      meaning:
        "`latest`, or the name of a Velero backup. A database is restored to the time of that backup from its own backups.",
      example: "daily-20261120012300",
      change: once,
    },
  ),
  generation: field(integer("the generation to restore from", 1, 998, "B6"), {
    meaning: "Generation that wrote the data, lower than `lab:backup.generation`.",
    unit: "none",
    example: 1,
    change: once,
  }),
  includedNamespaces: field(
    z
      .array(name("a namespace"))
      .min(1, "is empty, so nothing would be restored")
      .register(advice, {
        fix: "name the namespaces, or remove the line to restore all of them",
        lesson: "B6",
      })
      .optional(),
    {
      meaning: "Namespaces whose data is restored.",
      example: ["authentik", "monitoring"],
      omitted: "Every namespace that has data in the backup.",
      change: once,
    },
  ),
  overwrite: field(z.array(name("a namespace")).default([]), {
    meaning:
      "Namespaces whose current data may be overwritten. A restore onto other existing data stops with an error.",
    example: ["authentik"],
    change: "The next `up` overwrites the data of these namespaces once.",
  }),
});
