import type { PolicedResource } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "./known.ts";
import { kindOf } from "./workloads.ts";

/** Whether a resource is an object of this API group and kind, at any version. The core group is `core`. */
export function isObject({ type }: PolicedResource, group: string, kind: string): boolean {
  const [provider, module = "", name] = type.split(":");
  return provider === "kubernetes" && module.split("/")[0] === group && name === kind;
}

export function objectsOf(
  resources: readonly PolicedResource[],
  group: string,
  kind: string,
): PolicedResource[] {
  return resources.filter((resource) => isObject(resource, group, kind));
}

/** The name of an object in the cluster. `unknownValue` where the provider generates it. */
export function nameOf({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "metadata", "name") ?? unknownValue;
}

export function namespaceOf({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "metadata", "namespace") ?? "default";
}

/** An object in text form: `HTTPRoute media/jellyfin`. */
export function describeObject(resource: PolicedResource): string {
  const name = nameOf(resource);
  const namespace: unknown = valueAt(resource.props, "metadata", "namespace");
  const prefix = typeof namespace === "string" ? `${namespace}/` : "";
  return `${kindOf(resource) ?? resource.type} ${prefix}${name === unknownValue ? resource.name : name}`;
}
