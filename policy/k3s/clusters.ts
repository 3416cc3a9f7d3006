import { componentTypes } from "../../catalog/componentTypes.ts";
import { commandType } from "../../catalog/resourceTypes.ts";
import { guestDirectory } from "../../components/node/guestBundle.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, maybe, valueAt } from "../queries/known.ts";

export function isCluster(resource: PolicedResource): boolean {
  return resource.type === componentTypes.cluster;
}

/** Whether K3s is configured not to install a bundled component. True also where that is unknown. */
export function disables(cluster: PolicedResource, component: string): boolean {
  return itemsAt(cluster.props, "disabled").some((disabled) => maybe(disabled, component));
}

/** Whether a resource is a remote command that runs a guest script. */
export function runsScript(resource: PolicedResource, script: string): boolean {
  return resource.type === commandType && valueAt(resource.props, "create") === scriptCommand(script);
}

function scriptCommand(script: string): string {
  return `sudo ${guestDirectory}/${script}`;
}

/**
 * The settings that a remote command passes to a guest script. Undefined for any other resource.
 *
 * @throws UnknownValueError where the command or its settings are unknown
 */
export function settingsOf(
  resource: PolicedResource,
  script: string,
): ReadonlyMap<string, string> | undefined {
  if (resource.type !== commandType || resource.props.create !== scriptCommand(script)) return undefined;
  const text: unknown = resource.props.stdin;
  if (typeof text !== "string") return undefined;
  return new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const equals = line.indexOf("=");
      return equals === -1 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
    }),
  );
}
