import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { boolean, email, groupName, groupNames, integer, name } from "../fields.ts";

const atOnce =
  "Authentik applies it within minutes. A user who leaves a group loses access when the session ends, after four hours at most.";

const user = fields({
  email: field(email("write the person's own address: services know people by it", "A5"), {
    meaning: "E-mail address of the person. Services identify people by it.",
    example: "ada@example.org",
    change: "Authentik changes the address. A service may then treat the person as a new user.",
  }),
  groups: field(z.array(groupName()).default([]), {
    meaning: "Groups of the person: `admins`, or groups of `lab:identity.groups`.",
    example: ["family"],
    change: atOnce,
  }),
});

const service = fields({
  groups: field(groupNames().optional(), {
    meaning: "Groups that may use the service, instead of the default groups of the service.",
    example: ["admins", "family"],
    omitted: "The default groups of the service.",
    change: atOnce,
  }),
  rotation: field(integer("the count of secrets", 1, 9999, "A5").optional(), {
    meaning: "Number of the service's OIDC client secret.",
    unit: "none",
    example: 2,
    omitted: "The first client secret.",
    change: "Another number generates another client secret for this service. Its login proxy restarts.",
  }),
});

export const identity = fields({
  groups: field(z.array(groupName()).default([]), {
    meaning: "Groups of people, in addition to `admins`, which always exists and has all rights.",
    example: ["family"],
    change: "Authentik creates a new group. It keeps a group that is removed here: delete it in Authentik.",
  }),
  users: section(z.record(name("a user"), user).default({}), {
    meaning:
      "People, by login name. Each gets a first password, which `pulumi stack output --show-secrets firstPasswords` prints.",
    change:
      "Authentik creates a new user. It keeps a user that is removed here: deactivate the user in Authentik.",
  }),
  secondFactor: field(boolean("write true or false").default(false), {
    meaning: "Whether every user needs a second factor. A user without one sets it up at the next login.",
    example: true,
    change: "Applies to the next login of every user. Users who have a device are asked for it in any case.",
  }),
  services: section(z.record(name("a service"), service).default({}), {
    meaning: "Settings of services of the lab's base, by service name (docs/reference/services.md).",
    change: "See its fields.",
  }),
});
