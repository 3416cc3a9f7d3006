/** One alternative of a rule. A condition that is undefined matches everything. */
export interface Match {
  readonly host?: string;
  readonly path?: { readonly type: "PathPrefix" | "Exact"; readonly value: string };
}

/**
 * The alternatives of a Traefik rule of Host, PathPrefix, Path, `&&` and `||`. Undefined where the rule has any other
 * matcher, such as a header: such a rule can share host and path with another one.
 */
export function parseTraefikRule(rule: string): Match[] | undefined {
  const tokens = rule.match(/(Host|PathPrefix|Path)\([^)]*\)|&&|\|\||\S/g) ?? [];
  let next = 0;
  const take = (token: string) => tokens[next] === token && ++next > 0;

  const term = (): Match[] | undefined => {
    if (take("(")) {
      const inner = disjunction();
      return take(")") ? inner : undefined;
    }
    const [, name, list = ""] = /^(\w+)\((.+)\)$/.exec(tokens[next++] ?? "") ?? [];
    // Traefik 2 accepts several values in one matcher.
    const values = [...list.matchAll(/[`"]([^`"]*)[`"]/g)].map(([, value = ""]) => value);
    if (name === undefined || values.length === 0) return undefined;
    if (name === "Host") return values.map((host) => ({ host }));
    const type = name === "Path" ? "Exact" : "PathPrefix";
    return values.map((value) => ({ path: { type, value } }));
  };
  const conjunction = (): Match[] | undefined => {
    let matches = term();
    while (take("&&")) {
      const others = term();
      // Two hosts or two paths in one alternative cannot be represented.
      const conflict = matches?.some((one) =>
        others?.some(
          (other) =>
            (one.host !== undefined && other.host !== undefined) ||
            (one.path !== undefined && other.path !== undefined),
        ),
      );
      if (matches === undefined || others === undefined || conflict) return undefined;
      matches = matches.flatMap((one) => others.map((other) => ({ ...one, ...other })));
    }
    return matches;
  };
  const disjunction = (): Match[] | undefined => {
    let matches = conjunction();
    while (take("||")) {
      const others = conjunction();
      if (matches === undefined || others === undefined) return undefined;
      matches = [...matches, ...others];
    }
    return matches;
  };

  const matches = disjunction();
  return next === tokens.length ? matches : undefined;
}
