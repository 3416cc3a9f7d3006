import { ConfigurationRefused, type Diagnostic } from "../../config/diagnostic.ts";
import { authentikHost, oidcUrls, proxyCallback, serviceUrl } from "./oidc.ts";

/** A service with a login, declared once. */
export interface Application {
  /** Slug in Authentik, client ID, and name of the proxy's release. */
  readonly name: string;
  /** Title in Authentik's user interface. */
  readonly title: string;
  /** The first label of the host, before the lab's domain. */
  readonly host: string;
  /** The groups whose members have access. A member of one of them is enough. */
  readonly groups: readonly string[];
  /**
   * `proxy`: an OAuth2-Proxy in front of the service. Otherwise the service implements OpenID Connect itself: `start` is
   * the path that redirects to the login, `callback` the path of its redirect URI.
   */
  readonly login: "proxy" | { readonly start: string; readonly callback: string };
}

/** The redirect URI of an application. */
export function callbackOf(domain: string, { host, login }: Application): string {
  return login === "proxy" ? proxyCallback(domain, host) : `${serviceUrl(domain, host)}${login.callback}`;
}

/**
 * Reports every mistake in the declarations of the applications: unknown groups (A5), hosts and names that are used twice
 * (N10), an application without a group (A4), names and paths that Authentik cannot serve (A3).
 */
export function applicationDiagnostics(
  domain: string,
  groups: readonly string[],
  applications: readonly Application[],
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const hosts = new Map<string, string>([[authentikHost, "Authentik"]]);
  const names = new Set<string>();
  for (const { name, host, groups: allowed, login } of applications) {
    // A lab configures the groups. The rest of a declaration belongs to the program.
    const declared = (field: string) => `services.${name}.${field}`;
    const configured = `lab:identity.services.${name}.groups`;
    try {
      oidcUrls(domain, name);
    } catch (error) {
      diagnostics.push({
        path: declared("name"),
        value: `"${name}"`,
        lesson: "A3",
        message: (error as Error).message,
        fix: "rename the service in its declaration",
      });
    }
    if (names.has(name))
      diagnostics.push({
        path: declared("name"),
        value: `"${name}"`,
        lesson: "N10",
        message: "is the name of two services",
        fix: "rename one of them in its declaration",
      });
    names.add(name);
    const owner = hosts.get(host);
    if (owner !== undefined)
      diagnostics.push({
        path: declared("host"),
        value: `"${host}"`,
        lesson: "N10",
        message: `is already the host of ${owner}: ${serviceUrl(domain, host)}`,
        fix: "change the host of one of them in its declaration",
      });
    else hosts.set(host, name);
    if (allowed.length === 0)
      diagnostics.push({
        path: configured,
        lesson: "A4",
        message: "is empty, so no user has access",
        fix: `name at least one of ${groups.join(", ")}`,
      });
    for (const group of allowed)
      if (!groups.includes(group))
        diagnostics.push({
          path: configured,
          value: `"${group}"`,
          lesson: "A5",
          message: "is not a group of this lab",
          fix: `declare it under lab:identity.groups, or name one of ${groups.join(", ")}`,
        });
    for (const [which, path] of login === "proxy" ? [] : Object.entries(login))
      if (!path.startsWith("/"))
        diagnostics.push({
          path: declared(`login.${which}`),
          value: `"${path}"`,
          lesson: "A3",
          message: "is not a path on the service's host",
          fix: "start it with a slash, such as /login/generic_oauth",
        });
  }
  return diagnostics;
}

/** @throws ConfigurationRefused with every mistake in the declarations */
export function validateApplications(
  domain: string,
  groups: readonly string[],
  applications: readonly Application[],
): void {
  const diagnostics = applicationDiagnostics(domain, groups, applications);
  if (diagnostics.length > 0) throw new ConfigurationRefused("the login of the services", diagnostics);
}
