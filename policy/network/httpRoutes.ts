import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";

/** A parentRef of a route: one listener of a Gateway, or all of its listeners where `section` is undefined. */
export interface Attachment {
  readonly namespace: string | typeof unknownValue;
  readonly name: string | typeof unknownValue;
  readonly section: string | undefined | typeof unknownValue;
}

export function httpRoutesOf(resources: readonly PolicedResource[]): PolicedResource[] {
  return objectsOf(resources, "gateway.networking.k8s.io", "HTTPRoute");
}

/** The Gateway listeners that a route is attached to. Other kinds of parents, such as a Service, are omitted. */
export function attachmentsOf(route: PolicedResource): Attachment[] {
  return itemsAt(route.props, "spec", "parentRefs")
    .filter((parent) => maybe(valueAt(parent, "kind") ?? "Gateway", "Gateway"))
    .map((parent) => ({
      namespace: valueAt(parent, "namespace") ?? namespaceOf(route),
      name: valueAt(parent, "name"),
      // A port selects listeners by number. No route of this program uses it, so it counts as any listener.
      section:
        valueAt(parent, "sectionName") ?? (valueAt(parent, "port") === undefined ? undefined : unknownValue),
    }));
}

/** Whether a rule has a RequestRedirect filter. True also where that is unknown. */
export function redirects(rule: unknown, scheme?: "https"): boolean {
  return itemsAt(rule, "filters").some(
    (filter) =>
      maybe(valueAt(filter, "type"), "RequestRedirect") &&
      (scheme === undefined || maybe(valueAt(filter, "requestRedirect", "scheme"), scheme)),
  );
}
