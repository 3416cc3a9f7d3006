/** Where Authentik answers: people by this part of the name before the lab's domain, pods by its service. */
export const authentikHost = "auth";
export const authentikNamespace = "authentik";
export const authentikService = { name: "authentik-server", port: 80, podPort: 9000 } as const;

/** Paths below /application/o/ that are Authentik's own, which an application of that name would hide. */
const reservedSlugs = ["authorize", "token", "device", "userinfo", "introspect", "revoke"];

/** Every URL of one application's login. The only place that spells them (A3). */
export interface OidcUrls {
  /** What the discovery document says to browsers, and to services that read it there. Ends in a slash. */
  readonly issuer: string;
  /** What stands in tokens that were fetched inside the cluster, which is how a proxy fetches them. */
  readonly issuerInCluster: string;
  /** The discovery documents that name the two issuers above. */
  readonly discovery: string;
  readonly discoveryInCluster: string;
  /** Where a browser is sent to log in, and to log out of Authentik. */
  readonly authorize: string;
  readonly logout: string;
  /** What only pods ask, so that nothing waits for public names and certificates. */
  readonly token: string;
  readonly jwks: string;
  readonly userinfo: string;
}

/**
 * The URLs of an application's login, by its slug.
 *
 * The issuer ends in a slash: Authentik makes it of the address of the view `provider-root`, which is `SLUG/`
 * (authentik/providers/oauth2/{urls,models}.py; its documentation says the same, goauthentik#22556). And Authentik
 * makes it for every request anew, of the host that was asked: a token that was fetched at the service's own name says
 * that name (get_issuer and TokenView of 2026.8; goauthentik#11968 is the same for its own proxy). No setting changes
 * that in this version (goauthentik#25580). A proxy that redeems in the cluster must expect the cluster's issuer; with
 * the public one it would refuse every login.
 *
 * @throws Error for a slug that Authentik could not serve
 */
export function oidcUrls(domain: string, slug: string): OidcUrls {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(slug) || reservedSlugs.includes(slug))
    throw new Error(
      `"${slug}" is no name for an application (A3): lower-case letters, digits and inner hyphens, and none of ${reservedSlugs.join(", ")}; see docs/lessons/A3.md`,
    );
  const open = `https://${authentikHost}.${domain}/application/o`;
  // Port 80 goes unsaid: it would stand in the issuer too.
  const inside = `http://${authentikService.name}.${authentikNamespace}.svc.cluster.local/application/o`;
  const discovery = ".well-known/openid-configuration";
  return {
    issuer: `${open}/${slug}/`,
    issuerInCluster: `${inside}/${slug}/`,
    discovery: `${open}/${slug}/${discovery}`,
    discoveryInCluster: `${inside}/${slug}/${discovery}`,
    authorize: `${open}/authorize/`,
    logout: `${open}/${slug}/end-session/`,
    token: `${inside}/token/`,
    jwks: `${inside}/${slug}/jwks/`,
    userinfo: `${inside}/userinfo/`,
  };
}

/** Where people find a service: `grafana` in `lab.home.arpa` is https://grafana.lab.home.arpa. */
export function serviceUrl(domain: string, host: string): string {
  return `https://${host}.${domain}`;
}

/** Where an OAuth2-Proxy on a host takes the browser back after the login. */
export function proxyCallback(domain: string, host: string): string {
  return `${serviceUrl(domain, host)}/oauth2/callback`;
}
