import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { type Attachment, attachmentsOf, httpRoutesOf, redirects } from "./httpRoutes.ts";

export const wildcardTls: LessonPolicy = {
  key: "wildcardTls",
  lesson: "T1",
  description:
    "Gateways terminate TLS with a wildcard certificate and redirect HTTP, and issuers validate the domain by DNS-01",
  severity: "high",
  remediationSteps:
    "use the gateway component, which creates listeners, redirect and certificate; an ACME issuer issues wildcard certificates only after a DNS-01 challenge",
  validateResource: (resource) => solverViolations(resource),
  validateStack: (resources) => {
    const certificates = objectsOf(resources, "cert-manager.io", "Certificate");
    const routes = httpRoutesOf(resources);
    return objectsOf(resources, "gateway.networking.k8s.io", "Gateway").flatMap((gateway) => [
      ...listenersOf(gateway)
        .filter(({ protocol }) => protocol === "HTTPS")
        .flatMap((listener) => tlsViolations(gateway, listener, certificates)),
      ...redirectViolations(gateway, routes),
    ]);
  },
};

interface Listener {
  readonly field: string;
  readonly name: unknown;
  readonly protocol: unknown;
  readonly spec: unknown;
}

function listenersOf(gateway: PolicedResource): Listener[] {
  return itemsAt(gateway.props, "spec", "listeners").map((spec, index) => ({
    field: `spec.listeners[${index}]`,
    name: valueAt(spec, "name"),
    protocol: valueAt(spec, "protocol"),
    spec,
  }));
}

function tlsViolations(
  gateway: PolicedResource,
  { field, spec }: Listener,
  certificates: readonly PolicedResource[],
): Violation[] {
  const violation = (at: string, value: unknown, message: string) => [
    { resource: gateway, field: `${field}.${at}`, ...(value === undefined ? {} : { value }), message },
  ];
  const mode: unknown = valueAt(spec, "tls", "mode") ?? "Terminate";
  if (!maybe(mode, "Terminate"))
    return violation("tls.mode", mode, "does not terminate TLS, so no HTTPRoute can match a path");
  const references = itemsAt(spec, "tls", "certificateRefs");
  if (references.length === 0)
    return violation("tls.certificateRefs", undefined, "is empty, so the listener has no certificate");

  const host: unknown = valueAt(spec, "hostname");
  const problems = references.map((reference): string | undefined => {
    const name: unknown = valueAt(reference, "name");
    const namespace: unknown = valueAt(reference, "namespace") ?? namespaceOf(gateway);
    const matching = certificates.filter(
      (certificate) =>
        maybe(valueAt(certificate.props, "spec", "secretName"), name) &&
        maybe(namespaceOf(certificate), namespace),
    );
    const [certificate] = matching;
    if (certificate === undefined) {
      const other = certificates.find(({ props }) => valueAt(props, "spec", "secretName") === name);
      const hint = other === undefined ? "" : `; ${describeObject(other)} writes one in another namespace`;
      return `is a Secret that no Certificate writes in namespace ${String(namespace)}${hint}`;
    }
    const names = matching.flatMap(({ props }) => itemsAt(props, "spec", "dnsNames"));
    if (!names.some((one) => one === unknownValue || String(one).startsWith("*.")))
      return `is written by ${describeObject(certificate)}, which has no wildcard among its dnsNames (${names.join(", ")})`;
    if (typeof host === "string" && !names.some((one) => one === unknownValue || covers(String(one), host)))
      return `is written by ${describeObject(certificate)}, whose dnsNames (${names.join(", ")}) do not cover the listener's hostname ${host}`;
    return undefined;
  });
  if (problems.includes(undefined)) return [];
  const name: unknown = valueAt(references[0], "name");
  return violation("tls.certificateRefs[0]", name === unknownValue ? undefined : name, problems[0] ?? "");
}

/** Whether a certificate's DNS name covers a hostname. A wildcard covers one label. */
function covers(name: string, host: string): boolean {
  const [one, other] = [name.toLowerCase(), host.toLowerCase()];
  return one === other || other.replace(/^[^.]+/, "*") === one;
}

function redirectViolations(gateway: PolicedResource, routes: readonly PolicedResource[]): Violation[] {
  const listeners = listenersOf(gateway);
  const encrypted = listeners.find(({ protocol }) => protocol === "HTTPS");
  const plain = listeners.filter(({ protocol }) => protocol === "HTTP");
  const known = listeners.every(({ protocol }) => protocol !== unknownValue);
  const violation = (message: string): Violation[] => [
    { resource: gateway, field: "spec.listeners", message },
  ];
  if (encrypted === undefined)
    return plain.length > 0 && known ? violation("has an HTTP listener and no HTTPS listener") : [];
  if (plain.length === 0)
    return known
      ? violation("has no HTTP listener, so requests with http:// are not redirected to HTTPS")
      : [];
  return plain.flatMap((listener) => {
    const attached = routes.filter((route) =>
      attachmentsOf(route).some((one) => isAttached(one, gateway, listener)),
    );
    const serving = attached
      .filter((route) => attachmentsOf(route).some((one) => isAttached(one, gateway, listener, true)))
      .filter((route) => !isRedirect(route));
    if (attached.length === 0)
      return [
        {
          resource: gateway,
          field: listener.field,
          value: listener.name === unknownValue ? undefined : listener.name,
          message:
            "does not redirect to HTTPS: no HTTPRoute with a RequestRedirect filter has the listener as its sectionName",
        },
      ];
    return serving.map((route) => ({
      resource: route,
      field: "spec.parentRefs",
      message: `attaches a route that is not a redirect to the HTTP listener ${String(listener.name)} of ${describeObject(gateway)}; set the HTTPS listener as its sectionName`,
    }));
  });
}

/** Whether a route is attached to a listener, or can be. With `certain`, only where all parts are known. */
function isAttached(
  { namespace, name, section }: Attachment,
  gateway: PolicedResource,
  listener: Listener,
  certain = false,
): boolean {
  const parts = [
    [namespace, namespaceOf(gateway)],
    [name, nameOf(gateway)],
    // A route without a sectionName is attached to all listeners.
    [section ?? listener.name, listener.name],
  ];
  return parts.every(
    ([one, other]) => maybe(one, other) && (!certain || (one !== unknownValue && other !== unknownValue)),
  );
}

/** Whether every rule of a route redirects to HTTPS, and none has a backend. */
function isRedirect(route: PolicedResource): boolean {
  const rules = itemsAt(route.props, "spec", "rules");
  return (
    rules.length > 0 &&
    rules.every(
      (rule) =>
        redirects(rule, "https") && itemsAt(rule, "backendRefs").every((backend) => backend === unknownValue),
    )
  );
}

function solverViolations(resource: PolicedResource): Violation[] {
  if (!/^kubernetes:cert-manager\.io\/\w+:(Cluster)?Issuer$/.test(resource.type)) return [];
  const acme: unknown = valueAt(resource.props, "spec", "acme");
  if (acme === undefined || acme === unknownValue) return [];
  const solvers = itemsAt(acme, "solvers");
  if (solvers.length === 0)
    return [{ resource, field: "spec.acme.solvers", message: "is empty, so the domain cannot be validated" }];
  return solvers.flatMap((solver, index) => {
    const field = `spec.acme.solvers[${index}]`;
    if (valueAt(solver, "http01") !== undefined && valueAt(solver, "http01") !== unknownValue)
      return [{ resource, field: `${field}.http01`, message: "cannot validate a wildcard domain" }];
    return valueAt(solver, "dns01") === undefined
      ? [
          {
            resource,
            field: `${field}.dns01`,
            message: "is not set, so the solver cannot validate a wildcard domain",
          },
        ]
      : [];
  });
}
