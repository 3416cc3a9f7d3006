import { servedByAnnotation } from "../../components/network/servedBy.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { maybe, unknownValue, valueAt } from "../queries/known.ts";
import { chartOf, releaseNamespace, releaseValue } from "../queries/releases.ts";
import { isRelease } from "../queries/workloads.ts";

const chart = "oauth2-proxy";

/** A setting of an OAuth2-Proxy. */
export interface ProxySetting {
  readonly field: string;
  readonly value: string | typeof unknownValue;
}

export function isProxy(resource: PolicedResource): boolean {
  return chartOf(resource) === chart;
}

/**
 * A setting of an OAuth2-Proxy by its name in the configuration file. Undefined where it is not set, or is not text. A
 * command-line flag has precedence over the file.
 */
export function proxySetting(release: PolicedResource, name: string): ProxySetting | undefined {
  const flag = name.replaceAll("_", "-");
  const given: unknown = releaseValue(release, "extraArgs", flag);
  if (typeof given === "string" || given === unknownValue)
    return { field: `values.extraArgs.${flag}`, value: given };
  const file: unknown = releaseValue(release, "config", "configFile");
  if (file === unknownValue) return { field: "values.config.configFile", value: unknownValue };
  const line = new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(?:("(?:[^"\\\\\\n]|\\\\.)*")|'([^'\\n]*)')`, "m");
  const [, quoted, plain] = line.exec(typeof file === "string" ? file : "") ?? [];
  const value = quoted === undefined ? plain : unquoted(quoted);
  return value === undefined ? undefined : { field: `values.config.configFile (${name})`, value };
}

/** A TOML basic string. Its escapes are those of JSON, except for a few that no URL contains. */
function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** The name of a proxy's Service, by the naming of its chart. */
export function proxyService(release: PolicedResource): string | typeof unknownValue {
  const own: unknown = releaseValue(release, "fullnameOverride");
  const part: unknown = releaseValue(release, "nameOverride") ?? chart;
  const name = releaseName(release);
  if (typeof own === "string" && own !== "") return own;
  if (own === unknownValue || typeof part !== "string" || name === unknownValue) return unknownValue;
  return name.includes(part || chart) ? name : `${name}-${part || chart}`;
}

/** The name of a release in the cluster. `unknownValue` where the provider generates it. */
export function releaseName({ props }: PolicedResource): string | typeof unknownValue {
  return valueAt(props, "name") ?? unknownValue;
}

/** The releases of a chart in a namespace that a route's annotation names, or can name once it is known. */
export function servingReleases(
  route: PolicedResource,
  namespace: unknown,
  wanted: string,
  resources: readonly PolicedResource[],
): PolicedResource[] {
  const named: unknown = valueAt(route.props, "metadata", "annotations", servedByAnnotation);
  if (named === undefined) return [];
  return resources.filter(
    (resource) =>
      isRelease(resource) &&
      (valueAt(resource.props, "chart") === unknownValue || chartOf(resource) === wanted) &&
      maybe(releaseName(resource), named) &&
      maybe(releaseNamespace(resource), namespace),
  );
}
