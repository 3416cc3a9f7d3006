import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { groupNames, integer, name, pattern } from "../fields.ts";

/** A registry's host: with a dot or a port, since any other text would be a folder of Docker Hub. */
const host = String.raw`([a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?|[a-z0-9-]+:\d+)`;
const folder = `[a-z0-9]+([._-]+[a-z0-9]+)*`;
/** A tag that does not move: none of those that policy/images/imageVersion.ts rejects. */
const version = `:(?!(latest|stable|main|master|edge|nightly)(@|$))[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?`;

const access =
  "Authentik applies it within minutes. A user who loses access keeps a session for four hours at most.";
const rolling = "The Deployment rolls: a new pod is ready before the old one stops.";

const service = fields({
  image: field(
    pattern(
      "an image with its version",
      new RegExp(`^(${host}/(${folder}/)*)?${folder}${version}$`),
      "write NAME:VERSION of an image in lab:itil.registry, or HOST/FOLDER/NAME:VERSION; a version never moves, so it is not latest",
      "I2",
    ).optional(),
    {
      meaning: "Image of the service with its version: in `lab:itil.registry`, or with its full name.",
      example: "kedb:1.4.2",
      omitted: "The service is not deployed.",
      change: `${rolling} Removing the line removes the service; its databases stay.`,
    },
  ),
  replicas: field(integer("the pods of a service", 1, 20, "C4").optional(), {
    meaning: "Minimum number of pods.",
    unit: "pods",
    example: 2,
    omitted: "The number of the catalogue (docs/reference/itil-services.md).",
    change: "Pods are added or removed. No other pod restarts.",
  }),
  memoryMiB: field(integer("the memory of a pod in MiB", 32, 1_048_576, "C4").optional(), {
    meaning: "Memory request of one pod. The limit is twice as much.",
    unit: "MiB",
    example: 512,
    omitted: "The request of the catalogue (docs/reference/itil-services.md).",
    change: rolling,
  }),
  groups: field(groupNames().optional(), {
    meaning: "Groups that may use this service, instead of `lab:itil.groups`.",
    example: ["admins", "family"],
    omitted: "The groups of `lab:itil.groups`.",
    change: access,
  }),
  rotation: field(integer("the count of secrets", 1, 9999, "A5").optional(), {
    meaning: "Number of the service's OIDC client secret.",
    unit: "none",
    example: 2,
    omitted: "The first client secret.",
    change: "Another number generates another client secret for this service. Its login proxy restarts.",
  }),
});

/** The services of the ITIL platform that run, and their images. */
export const itil = fields({
  registry: field(
    pattern(
      "a registry and a folder",
      new RegExp(`^${host}(/${folder})*$`),
      "write HOST or HOST:PORT, and the folder, such as registry.lab.home.arpa/itil; without a scheme",
      "I3",
    ).optional(),
    {
      meaning: "Registry and folder of images that are given as NAME:VERSION.",
      example: "registry.lab.example.org/itil",
      omitted: "Every image is given with its full name.",
      change: `${rolling} Push the images to the new registry first.`,
    },
  ),
  groups: field(groupNames().default(["admins"]), {
    meaning: "Groups that may use the services with a web interface.",
    example: ["admins", "family"],
    change: access,
  }),
  services: section(z.record(name("a service"), service).default({}), {
    meaning: "Settings of the services, by name (docs/reference/itil-services.md).",
    change: "See its fields.",
  }),
});
