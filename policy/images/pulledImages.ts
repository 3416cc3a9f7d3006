import { chartImages } from "../../catalog/chartImages.ts";
import { componentTypes } from "../../catalog/componentTypes.ts";
import type { ImagePhase } from "../../config/imageSources.ts";
import { settingsOf } from "../k3s/clusters.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { known, valueAt } from "../queries/known.ts";
import { chartOf } from "../queries/releases.ts";
import { containersOf, imagesOf, isRelease } from "../queries/workloads.ts";

/** The full reference of an image that nodes pull for a resource. */
export interface PulledImage {
  readonly image: string;
  /** The field of the resource that names it, or the key among its chart's values. */
  readonly field: string;
}

/** Guest scripts that pull images or start a pod, and the setting that lists the images. */
const scripts = [
  ["install-k3s.sh", "IMAGES"],
  ["pull-images.sh", "IMAGES"],
  ["verify-storage.sh", "IMAGE"],
] as const;

/** Every image that nodes pull for a resource, except those that are unknown before `up`. */
export function pulledImages(resource: PolicedResource): PulledImage[] {
  const found = (
    known(() =>
      isRelease(resource)
        ? releaseImages(resource)
        : [...workloadImages(resource), ...scriptImages(resource), ...postgresImages(resource)],
    ) ?? []
  ).map(({ image, field }) => ({ image: withRegistry(image), field }));
  return [...new Map(found.map((one) => [one.image, one])).values()];
}

function workloadImages(resource: PolicedResource): PulledImage[] {
  return containersOf(resource).flatMap(({ field, spec }) => {
    const image: unknown = known(() => spec.image);
    return typeof image === "string" ? [{ image, field: `${field}.image` }] : [];
  });
}

function scriptImages(resource: PolicedResource): PulledImage[] {
  return scripts.flatMap(([script, setting]) =>
    (settingsOf(resource, script)?.get(setting) ?? "")
      .split(" ")
      .filter(Boolean)
      .map((image) => ({ image, field: `stdin.${setting}` })),
  );
}

function postgresImages(resource: PolicedResource): PulledImage[] {
  if (!/^kubernetes:postgresql\.cnpg\.io\/v1:Cluster(Patch)?$/.test(resource.type)) return [];
  const image: unknown = valueAt(resource.props, "spec", "imageName");
  return typeof image === "string" ? [{ image, field: "spec.imageName" }] : [];
}

/** The images of a chart by the image catalogue, and further full references among its values. */
function releaseImages(resource: PolicedResource): PulledImage[] {
  const ofChart = chartImages[`${chartOf(resource)} ${known(() => resource.props.version)}`] ?? {};
  const full = imagesOf(resource).filter(
    ({ image }) => hasRegistry(image) && !Object.values(ofChart).some((one) => one.startsWith(image)),
  );
  return [...Object.entries(ofChart).map(([place, image]) => ({ image, field: `values.${place}` })), ...full];
}

function hasRegistry(image: string): boolean {
  return /^[^/]*[.:][^/]*\//.test(image);
}

/** Resolves a short name as containerd does: `busybox:1` is `docker.io/library/busybox:1`. */
function withRegistry(image: string): string {
  if (hasRegistry(image)) return image;
  return image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
}

/**
 * Whether each resource, by URN, is created before the lab's registry, after it, or independently of it (`beside`). All
 * are `before` where there is no registry.
 */
export function registryPhases(resources: readonly PolicedResource[]): ReadonlyMap<string, ImagePhase> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const isInRegistry = (resource: PolicedResource | undefined): boolean =>
    resource !== undefined &&
    (resource.type === componentTypes.registry || isInRegistry(byUrn.get(resource.parent ?? "")));
  const own = resources.filter((resource) => isInRegistry(resource));
  if (own.length === 0) return new Map(resources.map(({ urn }) => [urn, "before"]));
  const before = new Set<string>();
  const addDependencies = (urn: string) => {
    if (before.has(urn)) return;
    before.add(urn);
    for (const dependency of byUrn.get(urn)?.dependsOn ?? []) addDependencies(dependency);
  };
  for (const { urn } of own) addDependencies(urn);
  const after = new Map<string, boolean>();
  const isAfter = (urn: string): boolean => {
    const cached = after.get(urn);
    if (cached !== undefined) return cached;
    after.set(urn, false);
    const result = (byUrn.get(urn)?.dependsOn ?? []).some(
      (dependency) => isInRegistry(byUrn.get(dependency)) || isAfter(dependency),
    );
    after.set(urn, result);
    return result;
  };
  return new Map(
    resources.map(({ urn }) => [urn, before.has(urn) ? "before" : isAfter(urn) ? "after" : "beside"]),
  );
}
