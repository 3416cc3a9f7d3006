import { hostnameLabel, rotationAnnotation } from "../../catalog/annotations.ts";
import { labelName, nameLimits } from "../../config/names.ts";
import type { Application } from "./application.ts";
import { sessionHours } from "./identitySettings.ts";
import { authentikHost, oidcUrls, proxyCallback } from "./oidc.ts";

/** What a proxy leads to: a service in the cluster, and the pods behind it. */
export interface Upstream {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** The pods behind the service, and the port that they listen on. */
  readonly pods: Readonly<Record<string, string>>;
  readonly podPort: number;
}

/** Where all proxies live, apart from what they protect: a route to a service itself would stand out. */
export const loginNamespace = "login";

/** The chart's own port, and the labels it gives the pods of every proxy, and of one. */
export const proxyPort = 4180;
export const proxyPods = { "app.kubernetes.io/name": "oauth2-proxy" } as const;
export const podsOfProxy = (name: string) => ({
  ...proxyPods,
  "app.kubernetes.io/instance": proxyName(name),
});

/** The release, its service and its secret. It begins as the chart does, which then adds nothing to it. */
export const proxyName = (name: string) => labelName(`oauth2-proxy-${name}`, nameLimits.release);

type Setting = string | boolean | number | readonly string[];

/**
 * The settings of the proxy before one service. Everything that is secret comes from its environment.
 * @throws Error where nobody could enter: without groups OAuth2-Proxy would let everybody in
 */
export function proxySettings(
  domain: string,
  { name, title, host, groups }: Application,
  { namespace, service, port }: Upstream,
): Readonly<Record<string, Setting>> {
  if (groups.length === 0)
    throw new Error(`nobody may enter ${name}: name a group (A4); see docs/lessons/A4.md`);
  const urls = oidcUrls(domain, name);
  return {
    provider: "oidc",
    provider_display_name: title,
    // It asks nothing of a public name when it starts, so that a lab that is just being built needs none.
    skip_oidc_discovery: true,
    oidc_issuer_url: urls.issuerInCluster,
    login_url: urls.authorize,
    redeem_url: urls.token,
    oidc_jwks_url: urls.jwks,
    profile_url: urls.userinfo,
    redirect_url: proxyCallback(domain, host),
    scope: "openid email profile",
    // Only the lab's own kind of key: with HS256 the client's secret could sign.
    oidc_enabled_signing_algs: ["RS256"],
    code_challenge_method: "S256",
    insecure_oidc_skip_nonce: false,
    oidc_groups_claim: "groups",
    allowed_groups: groups,
    email_domains: ["*"],
    skip_provider_button: true,
    // The Gateway is in front, and nobody else gets here.
    reverse_proxy: true,
    whitelist_domains: [`${authentikHost}.${domain}`],
    // Of this host alone: its prefix keeps other hosts of the domain from setting it.
    cookie_name: `__Host-${name}`,
    cookie_domains: [],
    cookie_secure: true,
    cookie_httponly: true,
    cookie_samesite: "lax",
    // Whoever is taken out of a group is out within this time; a browser that is logged in to Authentik notices nothing.
    cookie_expire: `${sessionHours}h`,
    // Two tabs that log in at once must not take each other's cookie; and what was begun and left does not pile up.
    cookie_csrf_per_request: true,
    cookie_csrf_per_request_limit: 8,
    cookie_csrf_expire: "15m",
    // No tokens in the browser: who it is and in which groups is all that is needed.
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

/** Settings as the proxy's file has them, in TOML. */
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
    // One of the two stays.
    podDisruptionBudget: { enabled: true, minAvailable: 1 },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: hostnameLabel,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: podsOfProxy(name) },
      },
    ],
    // The environment is read once: a changed secret needs new pods, of this service alone.
    podAnnotations: { [rotationAnnotation]: String(rotation) },
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    serviceAccount: { automountServiceAccountToken: false },
    enableServiceLinks: false,
    service: { portNumber: 80 },
  };
}
