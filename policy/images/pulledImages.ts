import { chartImages } from "../../catalog/chartImages.ts";
import { registryType } from "../../components/registry/registryNames.ts";
import type { ImagePhase } from "../../config/imageSources.ts";
import { settingsOf } from "../k3s/clusters.ts";
import type { PolicedResource } from "../lessonPolicy.ts";
import { known, valueAt } from "../queries/known.ts";
import { chartOf } from "../queries/releases.ts";
import { containersOf, imagesOf, isRelease } from "../queries/workloads.ts";

/** An image that nodes pull for a resource, in full. */
export interface PulledImage {
  readonly image: string;
  /** Where the resource names it, or the place among its chart's values. */
  readonly field: string;
}

/** Guest scripts that pull images or start a pod themselves, and the setting that names what. */
const scripts = [
  ["install-k3s.sh", "IMAGES"],
  ["pull-images.sh", "IMAGES"],
  ["verify-storage.sh", "IMAGE"],
] as const;

/** Every image that a resource makes nodes pull, what is not known before `up` left out. */
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

/** What a chart brings by the list of its images, and what the values name in full beside it. */
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

/** As containerd reads a short name: `busybox:1` is `docker.io/library/busybox:1`. */
function withRegistry(image: string): string {
  if (hasRegistry(image)) return image;
  return image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
}

/** When each resource is made, seen from the lab's own registry, by its URN. Without a registry all are before it. */
export function registryPhases(resources: readonly PolicedResource[]): ReadonlyMap<string, ImagePhase> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const inRegistry = (resource: PolicedResource | undefined): boolean =>
    resource !== undefined &&
    (resource.type === registryType || inRegistry(byUrn.get(resource.parent ?? "")));
  const own = resources.filter((resource) => inRegistry(resource));
  if (own.length === 0) return new Map(resources.map(({ urn }) => [urn, "before"]));
  const before = new Set<string>();
  const need = (urn: string) => {
    if (before.has(urn)) return;
    before.add(urn);
    for (const dependency of byUrn.get(urn)?.dependsOn ?? []) need(dependency);
  };
  for (const { urn } of own) need(urn);
  const after = new Map<string, boolean>();
  const waits = (urn: string): boolean => {
    const decided = after.get(urn);
    if (decided !== undefined) return decided;
    after.set(urn, false);
    const result = (byUrn.get(urn)?.dependsOn ?? []).some(
      (dependency) => inRegistry(byUrn.get(dependency)) || waits(dependency),
    );
    after.set(urn, result);
    return result;
  };
  return new Map(
    resources.map(({ urn }) => [urn, before.has(urn) ? "before" : waits(urn) ? "after" : "beside"]),
  );
}
