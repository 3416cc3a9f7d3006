import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { describeObject, nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { type Attachment, attachmentsOf, httpRoutesOf, redirects } from "./httpRoutes.ts";

export const wildcardTls: LessonPolicy = {
  key: "wildcardTls",
  lesson: "T1",
  description:
    "gateways end TLS with a wildcard certificate, redirect plain HTTP, and prove the domain by DNS-01",
  severity: "high",
  fix: "let the gateway component make listeners, redirect and certificate; a wildcard is issued for DNS-01 alone, whatever  says of HTTP-01",
  resource: (resource) => solverBreaches(resource),
  stack: (resources) => {
    const certificates = objectsOf(resources, "cert-manager.io", "Certificate");
    const routes = httpRoutesOf(resources);
    return objectsOf(resources, "gateway.networking.k8s.io", "Gateway").flatMap((gateway) => [
      ...listenersOf(gateway)
        .filter(({ protocol }) => protocol === "HTTPS")
        .flatMap((listener) => tlsBreaches(gateway, listener, certificates)),
      ...redirectBreaches(gateway, routes),
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

function tlsBreaches(
  gateway: PolicedResource,
  { field, spec }: Listener,
  certificates: readonly PolicedResource[],
): Breach[] {
  const breach = (at: string, value: unknown, message: string) => [
    { resource: gateway, field: `${field}.${at}`, ...(value === undefined ? {} : { value }), message },
  ];
  const mode: unknown = valueAt(spec, "tls", "mode") ?? "Terminate";
  if (!maybe(mode, "Terminate"))
    return breach("tls.mode", mode, "hands TLS on unopened: no route matches its paths");
  const references = itemsAt(spec, "tls", "certificateRefs");
  if (references.length === 0)
    return breach("tls.certificateRefs", undefined, "is empty: there is no certificate");

  const host: unknown = valueAt(spec, "hostname");
  const problems = references.map((reference): string | undefined => {
    const name: unknown = valueAt(reference, "name");
    const namespace: unknown = valueAt(reference, "namespace") ?? namespaceOf(gateway);
    const makers = certificates.filter(
      (certificate) =>
        maybe(valueAt(certificate.props, "spec", "secretName"), name) &&
        maybe(namespaceOf(certificate), namespace),
    );
    const [maker] = makers;
    if (maker === undefined) {
      const elsewhere = certificates.find(({ props }) => valueAt(props, "spec", "secretName") === name);
      const hint = elsewhere === undefined ? "" : `; ${describeObject(elsewhere)} makes one elsewhere`;
      return `is a secret that no Certificate makes in namespace ${String(namespace)}${hint}`;
    }
    const names = makers.flatMap(({ props }) => itemsAt(props, "spec", "dnsNames"));
    if (!names.some((one) => one === unknownValue || String(one).startsWith("*.")))
      return `comes from ${describeObject(maker)}, which has no wildcard: ${names.join(", ") || "no name"}`;
    if (typeof host === "string" && !names.some((one) => one === unknownValue || covers(String(one), host)))
      return `comes from ${describeObject(maker)}, whose names (${names.join(", ")}) leave out the listener's, ${host}`;
    return undefined;
  });
  if (problems.includes(undefined)) return [];
  const name: unknown = valueAt(references[0], "name");
  return breach("tls.certificateRefs[0]", name === unknownValue ? undefined : name, problems[0] ?? "");
}

/** Whether a certificate's name is good for a host; a wildcard stands for one label. */
function covers(name: string, host: string): boolean {
  const [one, other] = [name.toLowerCase(), host.toLowerCase()];
  return one === other || other.replace(/^[^.]+/, "*") === one;
}

function redirectBreaches(gateway: PolicedResource, routes: readonly PolicedResource[]): Breach[] {
  const listeners = listenersOf(gateway);
  const encrypted = listeners.find(({ protocol }) => protocol === "HTTPS");
  const plain = listeners.filter(({ protocol }) => protocol === "HTTP");
  const known = listeners.every(({ protocol }) => protocol !== unknownValue);
  const breach = (message: string): Breach[] => [{ resource: gateway, field: "spec.listeners", message }];
  if (encrypted === undefined)
    return plain.length > 0 && known ? breach("has plain HTTP and no HTTPS beside it") : [];
  if (plain.length === 0)
    return known
      ? breach("has no HTTP listener: who types the name without https finds nothing to redirect them")
      : [];
  return plain.flatMap((listener) => {
    const attached = routes.filter((route) =>
      attachmentsOf(route).some((one) => reaches(one, gateway, listener)),
    );
    const serving = attached
      .filter((route) => attachmentsOf(route).some((one) => reaches(one, gateway, listener, true)))
      .filter((route) => !isRedirect(route));
    if (attached.length === 0)
      return [
        {
          resource: gateway,
          field: listener.field,
          value: listener.name === unknownValue ? undefined : listener.name,
          message: "redirects nobody: no HTTPRoute with RequestRedirect to https names it as its sectionName",
        },
      ];
    return serving.map((route) => ({
      resource: route,
      field: "spec.parentRefs",
      message: `attaches what is no redirect to https to the plain HTTP listener ${String(listener.name)} of ${describeObject(gateway)}; name the HTTPS listener as its sectionName`,
    }));
  });
}

/** Whether a route is attached to a listener, or may be; with `surely`, only what is known to be. */
function reaches(
  { namespace, name, section }: Attachment,
  gateway: PolicedResource,
  listener: Listener,
  surely = false,
): boolean {
  const parts = [
    [namespace, namespaceOf(gateway)],
    [name, nameOf(gateway)],
    // A route that names no listener is attached to all of them.
    [section ?? listener.name, listener.name],
  ];
  return parts.every(
    ([one, other]) => maybe(one, other) && (!surely || (one !== unknownValue && other !== unknownValue)),
  );
}

/** Whether all that a route does is to redirect to HTTPS. */
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

function solverBreaches(resource: PolicedResource): Breach[] {
  if (!/^kubernetes:cert-manager\.io\/\w+:(Cluster)?Issuer$/.test(resource.type)) return [];
  const acme: unknown = valueAt(resource.props, "spec", "acme");
  if (acme === undefined || acme === unknownValue) return [];
  const solvers = itemsAt(acme, "solvers");
  if (solvers.length === 0)
    return [{ resource, field: "spec.acme.solvers", message: "is empty: the domain cannot be proven" }];
  return solvers.flatMap((solver, index) => {
    const field = `spec.acme.solvers[${index}]`;
    if (valueAt(solver, "http01") !== undefined && valueAt(solver, "http01") !== unknownValue)
      return [{ resource, field: `${field}.http01`, message: "cannot prove a wildcard" }];
    return valueAt(solver, "dns01") === undefined
      ? [{ resource, field: `${field}.dns01`, message: "is missing, so that no wildcard can be proven" }]
      : [];
  });
}
