import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";

/** Where a route is attached: a listener of a gateway, or all of them where it names no section. */
export interface Attachment {
  readonly namespace: string | typeof unknownValue;
  readonly name: string | typeof unknownValue;
  readonly section: string | undefined | typeof unknownValue;
}

export function httpRoutesOf(resources: readonly PolicedResource[]): PolicedResource[] {
  return objectsOf(resources, "gateway.networking.k8s.io", "HTTPRoute");
}

/** The gateways' listeners that a route is attached to; other kinds of parents, such as a Service, left out. */
export function attachmentsOf(route: PolicedResource): Attachment[] {
  return itemsAt(route.props, "spec", "parentRefs")
    .filter((parent) => maybe(valueAt(parent, "kind") ?? "Gateway", "Gateway"))
    .map((parent) => ({
      namespace: valueAt(parent, "namespace") ?? namespaceOf(route),
      name: valueAt(parent, "name"),
      // A port picks listeners by their number, which nobody here does: it is taken for any of them.
      section:
        valueAt(parent, "sectionName") ?? (valueAt(parent, "port") === undefined ? undefined : unknownValue),
    }));
}

/** Whether a rule only sends its visitors elsewhere; true also where it is not known yet. */
export function redirects(rule: unknown, scheme?: "https"): boolean {
  return itemsAt(rule, "filters").some(
    (filter) =>
      maybe(valueAt(filter, "type"), "RequestRedirect") &&
      (scheme === undefined || maybe(valueAt(filter, "requestRedirect", "scheme"), scheme)),
  );
}
