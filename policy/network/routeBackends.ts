import { servedByAnnotation as servedBy } from "../../components/network/servedBy.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { releaseNamespace } from "../queries/releases.ts";
import { isRelease } from "../queries/workloads.ts";
import { httpRoutesOf } from "./httpRoutes.ts";

export const routeBackends: LessonPolicy = {
  key: "routeBackends",
  lesson: "N10",
  description: "every route leads to a service that the stack makes",
  severity: "high",
  fix: `correct the route's service, namespace and port; a service of a chart is vouched for by ${servedBy}, the release's name`,
  stack: (resources) => {
    const services = objectsOf(resources, "core", "Service");
    const releases = resources.filter(isRelease);
    return httpRoutesOf(resources).flatMap((route) =>
      itemsAt(route.props, "spec", "rules").flatMap((rule, ruleIndex) =>
        itemsAt(rule, "backendRefs").flatMap((backend, index): Breach[] => {
          const field = `spec.rules[${ruleIndex}].backendRefs[${index}]`;
          const name: unknown = valueAt(backend, "name");
          const namespace: unknown = valueAt(backend, "namespace") ?? namespaceOf(route);
          const port: unknown = valueAt(backend, "port");
          // Other kinds, such as a service of Traefik's own, are no object of the stack.
          const kind: unknown = valueAt(backend, "kind") ?? "Service";
          if (kind !== "Service" || typeof name !== "string") return [];
          const breach = (value: unknown, message: string) => [{ resource: route, field, value, message }];
          if (port === undefined) return breach(name, "names no port, which a service needs");

          const target = `${shown(namespace)}/${name}:${shown(port)}`;
          const named = services.filter(
            (service) => maybe(nameOf(service), name) && maybe(namespaceOf(service), namespace),
          );
          if (named.some((service) => portsOf(service).some((number) => maybe(number, port)))) return [];
          const [service] = named;
          if (service !== undefined)
            return breach(
              target,
              `is no port of service ${name} in namespace ${shown(namespace)}; it has ${portsOf(service).map(shown).join(", ") || "none"}`,
            );
          const release: unknown = valueAt(route.props, "metadata", "annotations", servedBy);
          if (release === undefined)
            return breach(
              target,
              `is a service that the stack does not make: ${name} in namespace ${shown(namespace)}, port ${shown(port)}; ${near(services, name, namespace)}`,
            );
          const vouched =
            release === unknownValue ||
            releases.some(
              (one) => maybe(valueAt(one.props, "name"), release) && maybe(releaseNamespace(one), namespace),
            );
          return vouched
            ? []
            : breach(
                target,
                `is served by release ${String(release)}, which the stack does not have in namespace ${shown(namespace)}; ${nearReleases(releases)}`,
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
  return value === unknownValue ? "(not known yet)" : String(value);
}

/** Services that may have been meant: those of that name elsewhere, then those beside it. */
function near(services: readonly PolicedResource[], name: string, namespace: unknown): string {
  const named = services.filter((service) => nameOf(service) !== unknownValue);
  const sameName = named.filter((service) => nameOf(service) === name);
  const beside = named.filter((service) => maybe(namespaceOf(service), namespace));
  return listed(
    [...new Set([...sameName, ...beside])].map(
      (service) =>
        `${shown(namespaceOf(service))}/${shown(nameOf(service))}:${portsOf(service).map(shown).join(",")}`,
    ),
  );
}

function nearReleases(releases: readonly PolicedResource[]): string {
  return listed(
    releases.flatMap((release) => {
      const parts: unknown[] = [releaseNamespace(release), valueAt(release.props, "name")];
      return parts.every((part) => typeof part === "string") ? [parts.join("/")] : [];
    }),
  );
}

function listed(found: readonly string[]): string {
  return found.length === 0 ? "there is nothing like it" : `near it: ${found.slice(0, 5).join(", ")}`;
}
