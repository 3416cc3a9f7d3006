/** Host of Authentik for browsers (before the lab's domain), and its service for pods. */
export const authentikHost = "auth";
export const authentikNamespace = "authentik";
export const authentikService = { name: "authentik-server", port: 80, podPort: 9000 } as const;

/** Paths of Authentik below /application/o/, which an application with that slug would hide. */
const reservedSlugs = ["authorize", "token", "device", "userinfo", "introspect", "revoke"];

/** The OIDC URLs of one application. No other place builds them (A3). */
export interface OidcUrls {
  /** The issuer of the public discovery document. Ends in a slash. */
  readonly issuer: string;
  /** The issuer of tokens that were requested inside the cluster, as the proxies do. */
  readonly issuerInCluster: string;
  /** The discovery documents of the two issuers. */
  readonly discovery: string;
  readonly discoveryInCluster: string;
  /** Authorization and end-session endpoint, for browsers. */
  readonly authorize: string;
  readonly logout: string;
  /** Endpoints for pods, which need neither public DNS nor the certificate. */
  readonly token: string;
  readonly jwks: string;
  readonly userinfo: string;
}

/**
 * The OIDC URLs of an application, by its slug.
 *
 * The issuer ends in a slash: Authentik builds it from the URL of the view `provider-root`, which is `SLUG/`
 * (authentik/providers/oauth2/{urls,models}.py; its documentation agrees, goauthentik#22556). Authentik builds it for
 * each request from the host of that request: a token that was requested at the name of the service contains that name
 * (get_issuer and TokenView of 2026.8; goauthentik#11968 is the same for its own proxy). This version has no setting for
 * it (goauthentik#25580). A proxy that redeems the code inside the cluster must expect the cluster's issuer; with the
 * public one it would reject every login.
 *
 * @throws Error for a slug that Authentik cannot serve
 */
export function oidcUrls(domain: string, slug: string): OidcUrls {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(slug) || reservedSlugs.includes(slug))
    throw new Error(
      `"${slug}" is not a valid name of an application (A3): use lower-case letters, digits and inner hyphens, and none of ${reservedSlugs.join(", ")}; see docs/lessons/A3.md`,
    );
  const open = `https://${authentikHost}.${domain}/application/o`;
  // Without :80, which would become part of the issuer.
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

/** The address of a service: host `grafana` in `lab.home.arpa` is https://grafana.lab.home.arpa. */
export function serviceUrl(domain: string, host: string): string {
  return `https://${host}.${domain}`;
}

/** The redirect URI of the OAuth2-Proxy on a host. */
export function proxyCallback(domain: string, host: string): string {
  return `${serviceUrl(domain, host)}/oauth2/callback`;
}
