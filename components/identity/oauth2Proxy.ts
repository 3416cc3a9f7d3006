import { hostnameLabel, rotationAnnotation } from "../../catalog/annotations.ts";
import { labelName, nameLimits } from "../../config/names.ts";
import { podSecurityContext } from "../kubernetes/hardened.ts";
import type { Application } from "./application.ts";
import { sessionHours } from "./identitySettings.ts";
import { authentikHost, oidcUrls, proxyCallback } from "./oidc.ts";

/** The service behind a proxy. */
export interface Upstream {
  readonly namespace: string;
  /** Name and port of the service. */
  readonly service: string;
  readonly port: number;
  /** Labels of the pods behind the service, and the port that they listen on. */
  readonly pods: Readonly<Record<string, string>>;
  readonly podPort: number;
}

/** The namespace of all proxies, apart from the services: a route that bypasses a proxy has another namespace. */
export const loginNamespace = "login";

/** Port and pod labels of the oauth2-proxy chart: of every proxy, and of one proxy. */
export const proxyPort = 4180;
export const proxyPods = { "app.kubernetes.io/name": "oauth2-proxy" } as const;
export const podsOfProxy = (name: string) => ({
  ...proxyPods,
  "app.kubernetes.io/instance": proxyName(name),
});

/** Name of the release, its service and its Secret. The chart uses a release name unchanged when it starts with the name of the chart. */
export const proxyName = (name: string) => labelName(`oauth2-proxy-${name}`, nameLimits.release);

type Setting = string | boolean | number | readonly string[];

/**
 * The settings of the proxy of one service. Its secrets are environment variables.
 * @throws Error for an application without a group: OAuth2-Proxy would allow every user
 */
export function proxySettings(
  domain: string,
  { name, title, host, groups }: Application,
  { namespace, service, port }: Upstream,
): Readonly<Record<string, Setting>> {
  if (groups.length === 0)
    throw new Error(
      `application ${name} has no group, so OAuth2-Proxy would allow every user (A4)\n  fix: name a group in lab:identity.services.${name}.groups\n  see docs/lessons/A4.md`,
    );
  const urls = oidcUrls(domain, name);
  return {
    provider: "oidc",
    provider_display_name: title,
    // The proxy requests no public name at start, so it starts in a lab without public DNS.
    skip_oidc_discovery: true,
    oidc_issuer_url: urls.issuerInCluster,
    login_url: urls.authorize,
    redeem_url: urls.token,
    oidc_jwks_url: urls.jwks,
    profile_url: urls.userinfo,
    redirect_url: proxyCallback(domain, host),
    scope: "openid email profile",
    // Only the algorithm of the lab's key. With HS256 the client secret could sign tokens.
    oidc_enabled_signing_algs: ["RS256"],
    code_challenge_method: "S256",
    insecure_oidc_skip_nonce: false,
    oidc_groups_claim: "groups",
    allowed_groups: groups,
    email_domains: ["*"],
    skip_provider_button: true,
    // Only the Gateway can connect to the proxy.
    reverse_proxy: true,
    whitelist_domains: [`${authentikHost}.${domain}`],
    // The prefix __Host- prevents other hosts of the domain from setting the cookie.
    cookie_name: `__Host-${name}`,
    cookie_domains: [],
    cookie_secure: true,
    cookie_httponly: true,
    cookie_samesite: "lax",
    // A user who leaves a group loses access within this time. A browser with a session at Authentik logs in again without a prompt.
    cookie_expire: `${sessionHours}h`,
    // Two tabs can log in at once. The limit removes cookies of logins that were not completed.
    cookie_csrf_per_request: true,
    cookie_csrf_per_request_limit: 8,
    cookie_csrf_expire: "15m",
    // No tokens in the cookie: the user and the groups are enough.
    session_cookie_minimal: true,
    upstreams: [`http://${service}.${namespace}.svc.cluster.local:${port}/`],
    pass_user_headers: true,
    pass_basic_auth: false,
    pass_access_token: false,
    pass_authorization_header: false,
    proxy_websockets: true,
    silence_ping_logging: true,
  };
}

/** The configuration file of the proxy, in TOML. */
export function proxyConfigFile(settings: Readonly<Record<string, Setting>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} = ${Array.isArray(value) ? list(value) : JSON.stringify(value)}\n`)
    .join("");
}

const list = (items: readonly string[]) => `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;

/** Values of the oauth2-proxy chart for one service. */
export function proxyValues(domain: string, application: Application, upstream: Upstream, rotation: number) {
  const { name } = application;
  return {
    config: {
      existingSecret: proxyName(name),
      configFile: proxyConfigFile(proxySettings(domain, application, upstream)),
    },
    replicaCount: 2,
    // One of the two pods stays while a node is drained.
    podDisruptionBudget: { enabled: true, minAvailable: 1 },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: hostnameLabel,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: podsOfProxy(name) },
      },
    ],
    // Pods read their environment at start only: a new secret needs new pods, of this service alone.
    podAnnotations: { [rotationAnnotation]: String(rotation) },
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    podSecurityContext: podSecurityContext(),
    serviceAccount: { automountServiceAccountToken: false },
    enableServiceLinks: false,
    service: { portNumber: 80 },
  };
}
