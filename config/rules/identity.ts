import { loginServices } from "../../catalog/services.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** A5: users and services name groups that the lab declares (`admins` always exists), and services that the login protects. */
export const identity: Rule = ({ identity: { groups, users, services } }) => {
  const declared = [...new Set(["admins", ...groups])];
  const unknown = (at: (string | number)[], named: readonly string[]): Diagnostic[] =>
    named.flatMap((group, index) =>
      declared.includes(group)
        ? []
        : [
            {
              path: formatPath([...at, index]),
              value: `"${group}"`,
              lesson: "A5" as const,
              message: "is not a group of this lab",
              fix: `choose one of ${declared.join(", ")}, or declare it under lab:identity.groups`,
            },
          ],
    );
  return [
    ...Object.entries(users).flatMap(([name, user]) =>
      unknown(["identity", "users", name, "groups"], user.groups),
    ),
    ...Object.entries(services).flatMap(([name, service]) =>
      unknown(["identity", "services", name, "groups"], service.groups ?? []),
    ),
    ...Object.keys(services)
      .filter((name) => !loginServices.some((service) => service === name))
      .map((name) => ({
        path: formatPath(["identity", "services", name]),
        lesson: "A5" as const,
        message: "is not a service behind the login",
        fix: `write one of ${loginServices.join(", ")}`,
      })),
  ];
};
