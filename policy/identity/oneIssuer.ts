import { authentikHost, type OidcUrls, oidcUrls } from "../../components/identity/oidc.ts";
import { servedByAnnotation } from "../../components/network/servedBy.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { httpRoutesOf } from "../network/httpRoutes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { namespaceOf } from "../queries/kubernetesObjects.ts";
import { releaseNamespace } from "../queries/releases.ts";
import { isProxy, proxySetting, releaseName } from "./proxies.ts";

const callback = "/oauth2/callback";

/** The settings with URLs of the login other than the issuer, and their required values. */
const otherUrls = [
  ["login_url", ({ authorize }) => authorize],
  ["redeem_url", ({ token }) => token],
  ["oidc_jwks_url", ({ jwks }) => jwks],
  ["profile_url", ({ userinfo }) => userinfo],
] as const satisfies readonly (readonly [string, (urls: OidcUrls) => string])[];

/** OAuth2-Proxy compares these URLs as text, and rejects every login where they differ. */
export const oneIssuer: LessonPolicy = {
  key: "oneIssuer",
  lesson: "A3",
  description: "every OAuth2-Proxy has Authentik's exact issuer and URLs, and a redirect URL on its own host",
  severity: "high",
  remediationSteps:
    "use ProtectedRoute, which writes the proxy's settings with the URLs of components/identity/oidc.ts, and do not set them by hand",
  validateStack: (resources) =>
    resources
      .filter(isProxy)
      .flatMap((release) => [
        ...issuerViolations(release, domainOf(release, resources)),
        ...redirectViolations(release, hostsOf(release, resources)),
      ]),
};

function issuerViolations(release: PolicedResource, domain: string | undefined): Violation[] {
  const issuer = proxySetting(release, "oidc_issuer_url");
  if (issuer === undefined)
    return [
      {
        resource: release,
        field: "values.config.configFile",
        message: "has no oidc_issuer_url, so the issuer of its tokens is unknown",
      },
    ];
  if (issuer.value === unknownValue) return [];
  const violation = ({ field, value }: typeof issuer, message: string) => ({
    resource: release,
    field,
    value,
    message,
  });
  if (!issuer.value.endsWith("/"))
    return [
      violation(issuer, "does not end with a slash; the issuer in Authentik's discovery document does"),
    ];
  if (domain === undefined) return [];
  const urls = urlsOf(domain, issuer.value);
  if (urls === undefined)
    return [
      violation(issuer, "does not have the form .../application/o/SLUG/ with the slug of an application"),
    ];

  // A token that is redeemed inside the cluster has the cluster's issuer. Discovery returns the issuer of its own URL.
  const redeems = proxySetting(release, "redeem_url") !== undefined;
  const issuers = redeems ? [urls.issuerInCluster] : [urls.issuerInCluster, urls.issuer];
  const wrong = issuers.includes(issuer.value)
    ? []
    : [violation(issuer, `is not ${issuers.join(" or ")}, the issuer in Authentik's tokens`)];
  return [
    ...wrong,
    ...otherUrls.flatMap(([name, of]) => {
      const setting = proxySetting(release, name);
      if (setting === undefined || setting.value === unknownValue || setting.value === of(urls)) return [];
      return [violation(setting, `is not ${of(urls)}, the URL of the issuer's application`)];
    }),
  ];
}

/** The URLs of the application of an issuer. Undefined where the issuer has no valid slug. */
function urlsOf(domain: string, issuer: string): OidcUrls | undefined {
  const slug = /\/application\/o\/([^/]+)\/$/.exec(issuer)?.[1];
  try {
    return slug === undefined ? undefined : oidcUrls(domain, slug);
  } catch {
    return undefined;
  }
}

function redirectViolations(release: PolicedResource, hosts: readonly unknown[]): Violation[] {
  const setting = proxySetting(release, "redirect_url");
  // Without it the proxy uses the host of the request, which is the host of the route.
  if (setting === undefined || setting.value === unknownValue) return [];
  const { field, value } = setting;
  const url = URL.parse(value);
  const violation = (message: string) => [{ resource: release, field, value, message }];
  if (url === null || url.protocol !== "https:" || url.pathname !== callback || url.search !== "")
    return violation(`is not https://HOST${callback}, the path at which the proxy completes a login`);
  return hosts.length === 0 || hosts.some((host) => maybe(host, url.host))
    ? []
    : violation(`has another host than the route to the proxy, ${hosts.join(", ")}`);
}

/** The hosts of the routes that are annotated as served by a release. */
function hostsOf(release: PolicedResource, resources: readonly PolicedResource[]): unknown[] {
  return httpRoutesOf(resources)
    .filter((route) => {
      const served: unknown = valueAt(route.props, "metadata", "annotations", servedByAnnotation);
      return (
        typeof served === "string" &&
        served === releaseName(release) &&
        backendNamespaces(route).some((namespace) => maybe(namespace, releaseNamespace(release)))
      );
    })
    .flatMap((route) => itemsAt(route.props, "spec", "hostnames"));
}

/** The namespaces of a route's backends. */
function backendNamespaces(route: PolicedResource): unknown[] {
  return itemsAt(route.props, "spec", "rules").flatMap((rule) =>
    itemsAt(rule, "backendRefs").map(
      (backend): unknown => valueAt(backend, "namespace") ?? namespaceOf(route),
    ),
  );
}

/** The lab's domain: from the host of Authentik's route, or else from the host of the route to the proxy. */
function domainOf(release: PolicedResource, resources: readonly PolicedResource[]): string | undefined {
  const all = httpRoutesOf(resources).flatMap((route) => itemsAt(route.props, "spec", "hostnames"));
  const authentik = all.find((host) => typeof host === "string" && host.startsWith(`${authentikHost}.`));
  const host: unknown = authentik ?? hostsOf(release, resources).find((one) => one !== unknownValue);
  return typeof host === "string" ? host.replace(/^[^.]*\./, "") : undefined;
}
