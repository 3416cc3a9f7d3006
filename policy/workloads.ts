import type { PolicedResource } from "./lessonPolicy.ts";
import { listOf } from "./virtualMachines.ts";

/** Where each kind of workload keeps its pod's specification. */
const podSpecPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** A container of a workload, and where it stands. */
export interface Container {
  readonly field: string;
  // biome-ignore lint/suspicious/noExplicitAny: a container of the Kubernetes API
  readonly spec: any;
}

/** The kind of a Kubernetes object by its resource type: `kubernetes:apps/v1:Deployment`; a Patch is its kind. */
export function kindOf(resource: PolicedResource): string | undefined {
  return /^kubernetes:[^:]+:(\w+?)(Patch)?$/.exec(resource.type)?.[1];
}

/** Every container of a workload, also those that run before it. */
export function containersOf(resource: PolicedResource): Container[] {
  const path = podSpecPaths[kindOf(resource) ?? ""];
  if (path === undefined) return [];
  const spec = path.reduce<Record<string, unknown> | undefined>(
    (at, part) => at?.[part] as Record<string, unknown> | undefined,
    resource.props,
  );
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    listOf(spec?.[list]).map((container, index) => ({
      field: `${path.join(".")}.${list}[${index}]`,
      spec: container,
    })),
  );
}

export function isRelease(resource: PolicedResource): boolean {
  return /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/.test(resource.type);
}

/** Every plain value among a release's values, with its path; lists count by index. */
export function releaseValues(
  resource: PolicedResource,
): { path: string; key: string; value: unknown; parent: unknown }[] {
  const found: { path: string; key: string; value: unknown; parent: unknown }[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      const inner = (value as Record<string, unknown>)[key];
      const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
      if (typeof inner === "object" && inner !== null) walk(inner, at);
      else found.push({ path: at, key, value: inner, parent: value });
    }
  };
  if (isRelease(resource)) walk(resource.props.values, "values");
  return found;
}

/** Every image that a workload or a release names in full or in parts, with the place of it. */
export function imagesOf(resource: PolicedResource): { field: string; image: string }[] {
  const own = containersOf(resource).flatMap(({ field, spec }) =>
    typeof spec.image === "string" ? [{ field: `${field}.image`, image: spec.image as string }] : [],
  );
  const values = releaseValues(resource).flatMap(({ path, key, value, parent }) => {
    if (typeof value !== "string") return [];
    if (key === "image" && value !== "") return [{ field: path, image: value }];
    if (key !== "repository") return [];
    const { tag, digest, registry } = parent as { tag?: unknown; digest?: unknown; registry?: unknown };
    // A repository without a tag of its own follows the chart, whose version is pinned (P3).
    if (tag === undefined || tag === "") return [];
    const prefix = typeof registry === "string" && registry !== "" ? `${registry}/` : "";
    return [{ field: path, image: `${prefix}${value}:${String(tag)}${digest ? `@${String(digest)}` : ""}` }];
  });
  return [...own, ...values];
}
