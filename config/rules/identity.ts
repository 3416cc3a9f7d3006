import type { Problem } from "../problem.ts";
import { loginServices } from "../services.ts";
import { spell } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** A5: whoever is in a group, and whatever lets one in, names a group that the lab declares (`admins` always is one), and a service that there is. */
export const identity: Rule = ({ identity: { groups, users, services } }) => {
  const declared = [...new Set(["admins", ...groups])];
  const unknown = (at: (string | number)[], named: readonly string[]): Problem[] =>
    named.flatMap((group, index) =>
      declared.includes(group)
        ? []
        : [
            {
              path: spell([...at, index]),
              value: `"${group}"`,
              lesson: "A5" as const,
              message: "is no group of this lab",
              mend: `choose one of ${declared.join(", ")}, or declare it under lab:identity.groups`,
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
        path: spell(["identity", "services", name]),
        lesson: "A5" as const,
        message: "is no service behind the login",
        mend: `write one of ${loginServices.join(", ")}`,
      })),
  ];
};
