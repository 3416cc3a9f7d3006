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
  /** Whether an OAuth2-Proxy stands before it, or it speaks OpenID Connect itself and says where it is called back. */
  readonly login: "proxy" | { readonly callback: string };
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
): string[] {
  const problems: string[] = [];
  const hosts = new Map<string, string>([[authentikHost, "Authentik"]]);
  const names = new Set<string>();
  for (const { name, host, groups: entering, login } of applications) {
    try {
      oidcUrls(domain, name);
    } catch (error) {
      problems.push((error as Error).message);
    }
    if (names.has(name)) problems.push(`two applications are called ${name} (N10)`);
    names.add(name);
    const owner = hosts.get(host);
    if (owner !== undefined) problems.push(`${name} asks for the host ${host}, which ${owner} has (N10)`);
    else hosts.set(host, name);
    if (entering.length === 0) problems.push(`nobody may enter ${name}: name a group (A4)`);
    for (const group of entering)
      if (!groups.includes(group))
        problems.push(
          `${name} lets in the group ${group}, which does not exist (A5): declare it under lab:identity.groups, or name one of ${groups.join(", ")}`,
        );
    if (login !== "proxy" && !login.callback.startsWith("/"))
      problems.push(`${name} is called back at ${login.callback}, which is no path of its host (A3)`);
  }
  return problems;
}
