import { commandType } from "../catalog/resourceTypes.ts";
import { type ImagePhase, type ImageSource, imageSources, k3sImages } from "../config/imageSources.ts";
import type { Lab } from "../config/lab.ts";
import { pulledImages, registryPhases } from "../policy/images/pulledImages.ts";
import type { PolicedResource } from "../policy/lessonPolicy.ts";

/** One image of a plan: when nodes pull it, from where, and for which resources. */
export interface PlannedImage {
  readonly image: string;
  /** The earliest phase in which a resource needs it. */
  readonly phase: ImagePhase;
  /** In the order in which a node tries them. */
  readonly sources: readonly ImageSource[];
  /** URNs of the resources whose pods or scripts use it. */
  readonly neededBy: readonly string[];
}

const order: readonly ImagePhase[] = ["before", "beside", "after"];

/** Every image that nodes pull for the resources of a plan, sorted by phase and name. */
export function plannedImages(lab: Lab, resources: readonly PolicedResource[]): PlannedImage[] {
  const phases = registryPhases(resources);
  const found = new Map<string, { phase: ImagePhase; neededBy: string[] }>();
  const add = (image: string, { urn }: PolicedResource) => {
    const phase = phases.get(urn) ?? "before";
    const known = found.get(image);
    if (known === undefined) found.set(image, { phase, neededBy: [urn] });
    else {
      if (order.indexOf(phase) < order.indexOf(known.phase)) known.phase = phase;
      known.neededBy.push(urn);
    }
  };
  for (const resource of resources) {
    for (const { image } of pulledImages(resource)) add(image, resource);
    if (resource.type === commandType && resource.name.endsWith("-install-k3s"))
      for (const image of k3sImages) add(image, resource);
  }
  return [...found]
    .map(([image, { phase, neededBy }]) => ({
      image,
      phase,
      sources: imageSources(lab, image, phase),
      neededBy,
    }))
    .toSorted(
      (one, other) =>
        order.indexOf(one.phase) - order.indexOf(other.phase) ||
        (one.image < other.image ? -1 : one.image > other.image ? 1 : 0),
    );
}
