/** One way to match a rule; what is left out matches everything. */
export interface Match {
  readonly host?: string;
  readonly path?: { readonly type: "PathPrefix" | "Exact"; readonly value: string };
}

/**
 * The ways to match a rule of Traefik made of Host, PathPrefix and Path, and, or: any one of them does. Undefined where
 * the rule asks for more than that, a header say: such a rule may share host and path with another.
 */
export function readTraefikRule(rule: string): Match[] | undefined {
  const tokens = rule.match(/(Host|PathPrefix|Path)\([^)]*\)|&&|\|\||\S/g) ?? [];
  let next = 0;
  const take = (token: string) => tokens[next] === token && ++next > 0;

  const term = (): Match[] | undefined => {
    if (take("(")) {
      const inner = either();
      return take(")") ? inner : undefined;
    }
    const [, name, list = ""] = /^(\w+)\((.+)\)$/.exec(tokens[next++] ?? "") ?? [];
    // Version 2 took several values in one call.
    const values = [...list.matchAll(/[`"]([^`"]*)[`"]/g)].map(([, value = ""]) => value);
    if (name === undefined || values.length === 0) return undefined;
    if (name === "Host") return values.map((host) => ({ host }));
    const type = name === "Path" ? "Exact" : "PathPrefix";
    return values.map((value) => ({ path: { type, value } }));
  };
  const both = (): Match[] | undefined => {
    let ways = term();
    while (take("&&")) {
      const others = term();
      // Two hosts or two paths at once say something that this cannot tell.
      const clash = ways?.some((one) =>
        others?.some(
          (other) =>
            (one.host !== undefined && other.host !== undefined) ||
            (one.path !== undefined && other.path !== undefined),
        ),
      );
      if (ways === undefined || others === undefined || clash) return undefined;
      ways = ways.flatMap((one) => others.map((other) => ({ ...one, ...other })));
    }
    return ways;
  };
  const either = (): Match[] | undefined => {
    let ways = both();
    while (take("||")) {
      const others = both();
      if (ways === undefined || others === undefined) return undefined;
      ways = [...ways, ...others];
    }
    return ways;
  };

  const ways = either();
  return next === tokens.length ? ways : undefined;
}
