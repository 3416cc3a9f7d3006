import { ConfigurationRefused, type Diagnostic } from "../../config/diagnostic.ts";
import { authentikHost, oidcUrls, proxyCallback, serviceUrl } from "./oidc.ts";

/** Something that one logs in to, declared once. */
export interface Application {
  /** Its name everywhere: Authentik's slug, the client's id, the proxy's release. */
  readonly name: string;
  /** As people read it. */
  readonly title: string;
  /** The part of its address before the lab's domain. */
  readonly host: string;
  /** Who may enter: members of any of these. */
  readonly groups: readonly string[];
  /**
   * Whether an OAuth2-Proxy stands before it, or it speaks OpenID Connect itself: then the paths at which it sends
   * strangers to the login, and is called back.
   */
  readonly login: "proxy" | { readonly start: string; readonly callback: string };
}

/** Where Authentik takes the browser back to. */
export function callbackOf(domain: string, { host, login }: Application): string {
  return login === "proxy" ? proxyCallback(domain, host) : `${serviceUrl(domain, host)}${login.callback}`;
}

/**
 * What is wrong with the declarations of all applications: groups that do not exist (A5), hosts and names that are
 * claimed twice (N10), nobody who may enter, names that Authentik cannot serve (A3).
 */
export function applicationProblems(
  domain: string,
  groups: readonly string[],
  applications: readonly Application[],
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const hosts = new Map<string, string>([[authentikHost, "Authentik"]]);
  const names = new Set<string>();
  for (const { name, host, groups: entering, login } of applications) {
    // Who may enter, a lab can say for itself; the rest of a declaration is the program's.
    const declared = (field: string) => `services.${name}.${field}`;
    const configured = `lab:identity.services.${name}.groups`;
    try {
      oidcUrls(domain, name);
    } catch (error) {
      problems.push({
        path: declared("name"),
        value: `"${name}"`,
        lesson: "A3",
        message: (error as Error).message,
        fix: "give the service another name where it is declared",
      });
    }
    if (names.has(name))
      problems.push({
        path: declared("name"),
        value: `"${name}"`,
        lesson: "N10",
        message: "is the name of two services",
        fix: "give one of them another name where it is declared",
      });
    names.add(name);
    const owner = hosts.get(host);
    if (owner !== undefined)
      problems.push({
        path: declared("host"),
        value: `"${host}"`,
        lesson: "N10",
        message: `is taken: ${owner} has ${serviceUrl(domain, host)}`,
        fix: "give one of the two another host where it is declared",
      });
    else hosts.set(host, name);
    if (entering.length === 0)
      problems.push({
        path: configured,
        lesson: "A4",
        message: "is empty, and nobody could enter",
        fix: `name at least one of ${groups.join(", ")}`,
      });
    for (const group of entering)
      if (!groups.includes(group))
        problems.push({
          path: configured,
          value: `"${group}"`,
          lesson: "A5",
          message: "is no group of this lab",
          fix: `declare it under lab:identity.groups, or name one of ${groups.join(", ")}`,
        });
    for (const [which, path] of login === "proxy" ? [] : Object.entries(login))
      if (!path.startsWith("/"))
        problems.push({
          path: declared(`login.${which}`),
          value: `"${path}"`,
          lesson: "A3",
          message: "is no path of the service's own host",
          fix: "begin it with a slash, as in /login/generic_oauth",
        });
  }
  return problems;
}

/** @throws ConfigurationRefused with all that is wrong with the declarations */
export function refuseApplications(
  domain: string,
  groups: readonly string[],
  applications: readonly Application[],
): void {
  const problems = applicationProblems(domain, groups, applications);
  if (problems.length > 0) throw new ConfigurationRefused("what stands behind the login", problems);
}
