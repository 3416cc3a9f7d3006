import { z } from "zod";
import { advice, integer, name, pattern } from "../fields.ts";

/** A registry's host: with a dot or a port, since anything else would be a folder of Docker Hub. */
const host = String.raw`([a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|[a-z0-9-]+:\d+)`;
const folder = `[a-z0-9]+([._-]+[a-z0-9]+)*`;
/** A tag that stays what it is: none of those that policy/images/imageVersion.ts takes for moving. */
const version = `:(?!(latest|stable|main|master|edge|nightly)(@|$))[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?`;

const group = pattern(
  "a name for a group",
  /^[a-z][a-z0-9-]{0,62}$/,
  "use lower-case letters, digits and hyphens, a letter first",
  "A5",
);

const groups = () =>
  z
    .array(group)
    .min(1, "is empty, and nobody could enter")
    .register(advice, { fix: "name at least one group, such as admins", lesson: "A4" });

/** The ITIL platform: which of its services run, and from which images, which are the owner's own. */
export const itil = z.strictObject({
  /** Where images lie that are given by name and version alone. */
  registry: pattern(
    "a registry and a folder",
    new RegExp(`^${host}(/${folder})*$`),
    "write HOST or HOST:PORT, and the folder, such as registry.lab.home.arpa/itil; without a scheme",
    "I3",
  ).optional(),
  /** Who may enter the services that people use. */
  groups: groups().default(["admins"]),
  /** By the service's name; a service without an image is off. */
  services: z
    .record(
      name("a service"),
      z.strictObject({
        image: pattern(
          "an image with its version",
          new RegExp(`^(${host}/(${folder}/)*)?${folder}${version}$`),
          "write NAME:VERSION of an image in lab:itil.registry, or HOST/FOLDER/NAME:VERSION; a version never moves, so it is not latest",
          "I2",
        ).optional(),
        /** How many pods at least, in place of the catalogue's number. */
        replicas: integer("the pods of a service", 1, 20, "C4").optional(),
        /** What one pod asks for, in place of the catalogue's figure; it may use twice as much. */
        memoryMiB: integer("the memory of a pod in MiB", 32, 1_048_576, "C4").optional(),
        /** Who may enter this one, in place of lab:itil.groups. */
        groups: groups().optional(),
        /** Counts the changes of its client secret: one higher changes it, for this service alone. */
        rotation: integer("the count of secrets", 1, 9999, "A5").optional(),
      }),
    )
    .default({}),
});
