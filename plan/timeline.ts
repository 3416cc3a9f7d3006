import type { RecordedResource } from "./record.ts";

/** Duration of creating every resource: along the longest chain, and one after another. */
export interface Timeline {
  readonly criticalPathSeconds: number;
  readonly serialSeconds: number;
  /** Resources of the longest chain that take time, first to last. */
  readonly criticalPath: readonly string[];
}

/** The timeline of resources that are listed after their dependencies, as the engine registers them. */
export function timeline(
  resources: readonly RecordedResource[],
  seconds: (resource: RecordedResource) => number,
): Timeline {
  const finished = new Map<string, { at: number; after: string | undefined }>();
  let serialSeconds = 0;
  for (const resource of resources) {
    const took = seconds(resource);
    serialSeconds += took;
    let after: string | undefined;
    let start = 0;
    for (const dependency of resource.dependsOn) {
      const end = finished.get(dependency)?.at ?? 0;
      if (end > start) [start, after] = [end, dependency];
    }
    finished.set(resource.urn, { at: start + took, after });
  }
  let last: string | undefined;
  for (const [urn, { at }] of finished)
    if (at > (last === undefined ? 0 : (finished.get(last)?.at ?? 0))) last = urn;

  const took = new Map(resources.map((resource) => [resource.urn, seconds(resource)]));
  const criticalPath: string[] = [];
  for (let urn = last; urn !== undefined; urn = finished.get(urn)?.after)
    if ((took.get(urn) ?? 0) > 0) criticalPath.unshift(urn);
  return {
    criticalPathSeconds: tenths(last === undefined ? 0 : (finished.get(last)?.at ?? 0)),
    serialSeconds: tenths(serialSeconds),
    criticalPath,
  };
}

/** The precision of a model of estimates. */
function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
