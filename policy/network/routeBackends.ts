import { servedByAnnotation as servedBy } from "../../components/network/servedBy.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { releaseNamespace } from "../queries/releases.ts";
import { isRelease } from "../queries/workloads.ts";
import { httpRoutesOf } from "./httpRoutes.ts";

export const routeBackends: LessonPolicy = {
  key: "routeBackends",
  lesson: "N10",
  description: "every backend of an HTTPRoute is a Service of the stack",
  severity: "high",
  remediationSteps: `correct the service, namespace and port of the route; for a service of a chart, set the annotation ${servedBy} to the name of the release`,
  validateStack: (resources) => {
    const services = objectsOf(resources, "core", "Service");
    const releases = resources.filter(isRelease);
    return httpRoutesOf(resources).flatMap((route) =>
      itemsAt(route.props, "spec", "rules").flatMap((rule, ruleIndex) =>
        itemsAt(rule, "backendRefs").flatMap((backend, index): Violation[] => {
          const field = `spec.rules[${ruleIndex}].backendRefs[${index}]`;
          const name: unknown = valueAt(backend, "name");
          const namespace: unknown = valueAt(backend, "namespace") ?? namespaceOf(route);
          const port: unknown = valueAt(backend, "port");
          // Other kinds, such as Traefik's own TraefikService, are not objects of the stack.
          const kind: unknown = valueAt(backend, "kind") ?? "Service";
          if (kind !== "Service" || typeof name !== "string") return [];
          const violation = (value: unknown, message: string) => [{ resource: route, field, value, message }];
          if (port === undefined) return violation(name, "has no port, which a Service backend requires");

          const target = `${shown(namespace)}/${name}:${shown(port)}`;
          const named = services.filter(
            (service) => maybe(nameOf(service), name) && maybe(namespaceOf(service), namespace),
          );
          if (named.some((service) => portsOf(service).some((number) => maybe(number, port)))) return [];
          const [service] = named;
          if (service !== undefined)
            return violation(
              target,
              `has a port that Service ${name} in namespace ${shown(namespace)} does not have; its ports are ${portsOf(service).map(shown).join(", ") || "none"}`,
            );
          const release: unknown = valueAt(route.props, "metadata", "annotations", servedBy);
          if (release === undefined)
            return violation(
              target,
              `is not a Service of the stack; ${similarServices(services, name, namespace)}`,
            );
          const isServed =
            release === unknownValue ||
            releases.some(
              (one) => maybe(valueAt(one.props, "name"), release) && maybe(releaseNamespace(one), namespace),
            );
          return isServed
            ? []
            : violation(
                target,
                `is annotated as a Service of release ${String(release)}, which the stack does not have in namespace ${shown(namespace)}; ${similarReleases(releases)}`,
              );
        }),
      ),
    );
  },
};

function portsOf({ props }: PolicedResource): unknown[] {
  return itemsAt(props, "spec", "ports").map((port) => valueAt(port, "port"));
}

function shown(value: unknown): string {
  return value === unknownValue ? "(unknown)" : String(value);
}

/** Services that the route can mean: those with the name in other namespaces, then those in the same namespace. */
function similarServices(services: readonly PolicedResource[], name: string, namespace: unknown): string {
  const named = services.filter((service) => nameOf(service) !== unknownValue);
  const sameName = named.filter((service) => nameOf(service) === name);
  const sameNamespace = named.filter((service) => maybe(namespaceOf(service), namespace));
  return suggestions(
    [...new Set([...sameName, ...sameNamespace])].map(
      (service) =>
        `${shown(namespaceOf(service))}/${shown(nameOf(service))}:${portsOf(service).map(shown).join(",")}`,
    ),
  );
}

function similarReleases(releases: readonly PolicedResource[]): string {
  return suggestions(
    releases.flatMap((release) => {
      const parts: unknown[] = [releaseNamespace(release), valueAt(release.props, "name")];
      return parts.every((part) => typeof part === "string") ? [parts.join("/")] : [];
    }),
  );
}

function suggestions(found: readonly string[]): string {
  return found.length === 0 ? "the stack has no similar one" : `similar: ${found.slice(0, 5).join(", ")}`;
}
