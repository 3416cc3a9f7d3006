import { commandType } from "../../catalog/resourceTypes.ts";
import { clusterType } from "../../components/k3s/changes.ts";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe } from "../queries/known.ts";

export function isCluster(resource: PolicedResource): boolean {
  return resource.type === clusterType;
}

/** Whether K3s is told not to install a part that it bundles; it counts as told where that is not known yet. */
export function leavesOut(cluster: PolicedResource, part: string): boolean {
  return itemsAt(cluster.props, "disabled").some((disabled) => maybe(disabled, part));
}

/** The settings of a guest script that a remote command runs; undefined for any other resource. */
export function settingsOf(
  resource: PolicedResource,
  script: string,
): ReadonlyMap<string, string> | undefined {
  if (resource.type !== commandType || resource.props.create !== `sudo ${guestDirectory}/${script}`)
    return undefined;
  const text: unknown = resource.props.stdin;
  if (typeof text !== "string") return undefined;
  return new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const equals = line.indexOf("=");
      return equals === -1 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
    }),
  );
}
