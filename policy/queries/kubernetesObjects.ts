import type { PolicedResource } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "./known.ts";
import { kindOf } from "./workloads.ts";

/** Whether a resource makes an object of this API group and kind, at any version: `core`, `gateway.networking.k8s.io`. */
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

/** An object's name in the cluster; `unknown` where the provider is still to choose it. */
export function nameOf({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "metadata", "name") ?? unknownValue;
}

export function namespaceOf({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "metadata", "namespace") ?? "default";
}

/** An object as its owner knows it: `HTTPRoute media/jellyfin`. */
export function describeObject(resource: PolicedResource): string {
  const name = nameOf(resource);
  const namespace: unknown = valueAt(resource.props, "metadata", "namespace");
  const prefix = typeof namespace === "string" ? `${namespace}/` : "";
  return `${kindOf(resource) ?? resource.type} ${prefix}${name === unknownValue ? resource.name : name}`;
}
