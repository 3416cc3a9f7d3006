import type { PolicedResource } from "../lessonPolicy.ts";
import { listOf } from "../machines/virtualMachines.ts";
import { known } from "./known.ts";

/** The path of the pod specification in each kind of workload. */
const podSpecPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** A container of a workload, with its field. */
export interface Container {
  readonly field: string;
  // biome-ignore lint/suspicious/noExplicitAny: a container of the Kubernetes API
  readonly spec: any;
}

/** The kind of a Kubernetes object by its resource type: `Deployment` for `kubernetes:apps/v1:Deployment` and its Patch. */
export function kindOf(resource: PolicedResource): string | undefined {
  return /^kubernetes:[^:]+:(\w+?)(Patch)?$/.exec(resource.type)?.[1];
}

/** The pod specification of a workload, with its field. Undefined for resources without pods. */
export function podSpecOf(
  resource: PolicedResource,
): { field: string; spec: Record<string, unknown> | undefined } | undefined {
  const path = podSpecPaths[kindOf(resource) ?? ""];
  if (path === undefined) return undefined;
  const spec = path.reduce<Record<string, unknown> | undefined>(
    (at, part) => at?.[part] as Record<string, unknown> | undefined,
    resource.props,
  );
  return { field: path.join("."), spec };
}

/** Every container of a workload, including init and ephemeral containers. */
export function containersOf(resource: PolicedResource): Container[] {
  const pod = podSpecOf(resource);
  if (pod === undefined) return [];
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    listOf(pod.spec?.[list]).map((container, index) => ({
      field: `${pod.field}.${list}[${index}]`,
      spec: container,
    })),
  );
}

export function isRelease(resource: PolicedResource): boolean {
  return /^kubernetes:helm\.sh\/v\d+:(Release|Chart)$/.test(resource.type);
}

/** A value of a release, with its path. */
interface ReleaseEntry {
  readonly path: string;
  readonly key: string;
  /** Undefined where it is unknown before `up`. An unknown value must not hide the others. */
  readonly value: unknown;
  readonly parent: unknown;
}

/** Every value of a release, including the objects and lists that contain others. */
export function releaseEntries(resource: PolicedResource): ReleaseEntry[] {
  const found: ReleaseEntry[] = [];
  const walk = (parent: unknown, path: string) => {
    if (typeof parent !== "object" || parent === null) return;
    for (const key of Object.keys(parent)) {
      const value = known(() => (parent as Record<string, unknown>)[key]);
      const at = Array.isArray(parent) ? `${path}[${key}]` : `${path}.${key}`;
      found.push({ path: at, key, value, parent });
      walk(value, at);
    }
  };
  if (isRelease(resource))
    walk(
      known(() => resource.props.values),
      "values",
    );
  return found;
}

/** Every scalar value of a release. */
export function releaseValues(resource: PolicedResource): ReleaseEntry[] {
  return releaseEntries(resource).filter(({ value }) => typeof value !== "object" || value === null);
}

/** Every image of a workload or a release, also where a release has repository and tag in separate values. */
export function imagesOf(resource: PolicedResource): { field: string; image: string }[] {
  const own = containersOf(resource).flatMap(({ field, spec }) =>
    typeof spec.image === "string" ? [{ field: `${field}.image`, image: spec.image as string }] : [],
  );
  const values = releaseValues(resource).flatMap(({ path, key, value, parent }) => {
    if (typeof value !== "string") return [];
    if (key === "image" && value !== "") return [{ field: path, image: value }];
    if (key !== "repository") return [];
    const part = (name: string) => known(() => (parent as Record<string, unknown>)[name]);
    const [tag, digest, registry] = [part("tag"), part("digest"), part("registry")];
    // A repository without a tag uses the version of the chart, which is pinned (P3).
    if (tag === undefined || tag === "") return [];
    const prefix = typeof registry === "string" && registry !== "" ? `${registry}/` : "";
    return [{ field: path, image: `${prefix}${value}:${String(tag)}${digest ? `@${String(digest)}` : ""}` }];
  });
  return [...own, ...values];
}
