import type { PolicedResource } from "../lessonPolicy.ts";

/**
 * The URNs of all resources that the engine completes before it starts a resource, direct and indirect. The SDK replaces
 * a dependency on a component by dependencies on the component's children.
 */
export function dependenciesOf(
  resource: PolicedResource,
  byUrn: ReadonlyMap<string, PolicedResource>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...(resource.dependsOn ?? [])];
  for (let urn = queue.pop(); urn !== undefined; urn = queue.pop()) {
    if (found.has(urn)) continue;
    found.add(urn);
    queue.push(...(byUrn.get(urn)?.dependsOn ?? []));
  }
  return found;
}
