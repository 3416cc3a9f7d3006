import type { PolicedResource } from "../lessonPolicy.ts";
import { type unknownValue, valueAt } from "./known.ts";
import { isRelease } from "./workloads.ts";

/** A release's chart without the way to it: `oci://quay.io/cilium/charts/cilium` and `cilium-1.20.0.tgz` are cilium. */
export function chartOf(resource: PolicedResource): string | undefined {
  if (!isRelease(resource)) return undefined;
  const chart: unknown = valueAt(resource.props, "chart");
  if (typeof chart !== "string") return undefined;
  return chart
    .replace(/\/+$/, "")
    .split("/")
    .at(-1)
    ?.replace(/(-v?\d+\.\d+\.\d+\S*)?\.tgz$/, "");
}

/** A value of a release at a path; the chart's default, which no policy sees, where it is undefined. */
// biome-ignore lint/suspicious/noExplicitAny: values have the shape of their chart
export function releaseValue(resource: PolicedResource, ...path: readonly string[]): any {
  return valueAt(resource.props, "values", ...path);
}

/** Whether a value switches something on; charts take the words as well. */
export function isOn(value: unknown): boolean {
  return value === true || value === "true";
}

export function releaseNamespace({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "namespace") ?? "default";
}

/** Whether a release makes Cilium the Gateway API's implementation. */
export function isCiliumGateway(resource: PolicedResource): boolean {
  return chartOf(resource) === "cilium" && isOn(releaseValue(resource, "gatewayAPI", "enabled"));
}
