import type { PolicedResource } from "../lessonPolicy.ts";
import { type unknownValue, valueAt } from "./known.ts";
import { isRelease } from "./workloads.ts";

/** The name of a release's chart: `cilium` for `oci://quay.io/cilium/charts/cilium` and for `cilium-1.20.0.tgz`. */
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

/** A value of a release. Undefined where the chart's default applies, which policies do not see. */
// biome-ignore lint/suspicious/noExplicitAny: values have the shape of their chart
export function releaseValue(resource: PolicedResource, ...path: readonly string[]): any {
  return valueAt(resource.props, "values", ...path);
}

/** Whether a value is true, as a boolean or as text. Charts accept both. */
export function isOn(value: unknown): boolean {
  return value === true || value === "true";
}

export function releaseNamespace({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "namespace") ?? "default";
}

/** Whether a release enables the Gateway API of Cilium. */
export function isCiliumGateway(resource: PolicedResource): boolean {
  return chartOf(resource) === "cilium" && isOn(releaseValue(resource, "gatewayAPI", "enabled"));
}
