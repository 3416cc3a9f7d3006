import { authentikHost, type OidcUrls, oidcUrls } from "../../components/identity/oidc.ts";
import { servedByAnnotation } from "../../components/network/servedBy.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { httpRoutesOf } from "../network/httpRoutes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { namespaceOf } from "../queries/kubernetesObjects.ts";
import { releaseNamespace } from "../queries/releases.ts";
import { isProxy, proxySetting, releaseName } from "./proxies.ts";

const callback = "/oauth2/callback";

/** The URLs of a login beside its issuer, and what each has to be. */
const others = [
  ["login_url", ({ authorize }) => authorize],
  ["redeem_url", ({ token }) => token],
  ["oidc_jwks_url", ({ jwks }) => jwks],
  ["profile_url", ({ userinfo }) => userinfo],
] as const satisfies readonly (readonly [string, (urls: OidcUrls) => string])[];

/** What a proxy compares letter by letter, and would refuse every login over. */
export const oneIssuer: LessonPolicy = {
  key: "oneIssuer",
  lesson: "A3",
  description: "every proxy spells its login as Authentik does, and is called back at its own host",
  severity: "high",
  fix: "let ProtectedRoute write the proxy's settings, with the URLs of components/identity/oidc.ts; none is typed by hand",
  stack: (resources) =>
    resources
      .filter(isProxy)
      .flatMap((release) => [
        ...issuerBreaches(release, domainOf(release, resources)),
        ...redirectBreaches(release, hostsOf(release, resources)),
      ]),
};

function issuerBreaches(release: PolicedResource, domain: string | undefined): Breach[] {
  const issuer = proxySetting(release, "oidc_issuer_url");
  if (issuer === undefined)
    return [
      {
        resource: release,
        field: "values.config.configFile",
        message: "names no oidc_issuer_url, so nobody can tell whose logins it believes",
      },
    ];
  if (issuer.value === unknownValue) return [];
  const breach = ({ field, value }: typeof issuer, message: string) => ({
    resource: release,
    field,
    value,
    message,
  });
  if (!issuer.value.endsWith("/"))
    return [breach(issuer, "does not end in a slash, as the issuer of Authentik's discovery document does")];
  if (domain === undefined) return [];
  const urls = urlsOf(domain, issuer.value);
  if (urls === undefined)
    return [breach(issuer, "is not of the form .../application/o/SLUG/, with an application's slug")];

  // Who redeems in the cluster gets a token that says the cluster's issuer; who asks for discovery gets the one it asked.
  const redeems = proxySetting(release, "redeem_url") !== undefined;
  const issuers = redeems ? [urls.issuerInCluster] : [urls.issuerInCluster, urls.issuer];
  const wrong = issuers.includes(issuer.value)
    ? []
    : [breach(issuer, `is not ${issuers.join(" or ")}, which Authentik's tokens say`)];
  return [
    ...wrong,
    ...others.flatMap(([name, of]) => {
      const setting = proxySetting(release, name);
      if (setting === undefined || setting.value === unknownValue || setting.value === of(urls)) return [];
      return [breach(setting, `is not ${of(urls)}, which goes with its issuer`)];
    }),
  ];
}

/** The URLs of the application that an issuer is of; undefined where it is of none. */
function urlsOf(domain: string, issuer: string): OidcUrls | undefined {
  const slug = /\/application\/o\/([^/]+)\/$/.exec(issuer)?.[1];
  try {
    return slug === undefined ? undefined : oidcUrls(domain, slug);
  } catch {
    return undefined;
  }
}

function redirectBreaches(release: PolicedResource, hosts: readonly unknown[]): Breach[] {
  const setting = proxySetting(release, "redirect_url");
  // Without it the proxy takes the host that was asked for, which is the route's.
  if (setting === undefined || setting.value === unknownValue) return [];
  const { field, value } = setting;
  const url = URL.parse(value);
  const breach = (message: string) => [{ resource: release, field, value, message }];
  if (url === null || url.protocol !== "https:" || url.pathname !== callback || url.search !== "")
    return breach(`is not https://HOST${callback}, where the proxy takes people back`);
  return hosts.length === 0 || hosts.some((host) => maybe(host, url.host))
    ? []
    : breach(`is on another host than ${hosts.join(" and ")}, whose route leads to the proxy`);
}

/** The hosts whose routes say that a release serves them. */
function hostsOf(release: PolicedResource, resources: readonly PolicedResource[]): unknown[] {
  return httpRoutesOf(resources)
    .filter((route) => {
      const served: unknown = valueAt(route.props, "metadata", "annotations", servedByAnnotation);
      return (
        typeof served === "string" &&
        served === releaseName(release) &&
        namespacesBehind(route).some((namespace) => maybe(namespace, releaseNamespace(release)))
      );
    })
    .flatMap((route) => itemsAt(route.props, "spec", "hostnames"));
}

/** The namespaces that a route leads to. */
function namespacesBehind(route: PolicedResource): unknown[] {
  return itemsAt(route.props, "spec", "rules").flatMap((rule) =>
    itemsAt(rule, "backendRefs").map(
      (backend): unknown => valueAt(backend, "namespace") ?? namespaceOf(route),
    ),
  );
}

/** The lab's domain: that of Authentik's route, or else of the host that leads to the proxy. */
function domainOf(release: PolicedResource, resources: readonly PolicedResource[]): string | undefined {
  const all = httpRoutesOf(resources).flatMap((route) => itemsAt(route.props, "spec", "hostnames"));
  const authentik = all.find((host) => typeof host === "string" && host.startsWith(`${authentikHost}.`));
  const host: unknown = authentik ?? hostsOf(release, resources).find((one) => one !== unknownValue);
  return typeof host === "string" ? host.replace(/^[^.]*\./, "") : undefined;
}
