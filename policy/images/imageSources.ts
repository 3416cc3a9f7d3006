import { hostOf, isDockerHub, publicMirrors, splitImage } from "../../config/mirrors.ts";
import { isCluster } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { pulledImages, registryPhases } from "./pulledImages.ts";

export const imageSources: LessonPolicy = {
  key: "imageSources",
  lesson: "I3",
  description: "what does not wait for the lab's own registry has another source than Docker Hub",
  severity: "high",
  fix: "name a mirror of docker.io that has the image under lab:cluster.mirrors, take the image from a registry that is not Docker Hub, or let the resource wait for the lab's own registry",
  stack: (resources) => {
    const cluster = resources.find(isCluster);
    if (cluster === undefined) return [];
    const phases = registryPhases(resources);
    return resources
      .filter(({ urn }) => phases.get(urn) !== "after")
      .flatMap((resource) =>
        pulledImages(resource)
          .filter(({ image }) => isDockerHub(splitImage(image).registry) && !isMirrored(cluster, image))
          .map(({ image, field }) => ({
            resource,
            field,
            value: image,
            message: `is pulled ${phases.get(resource.urn)} the lab's own registry, and comes from Docker Hub alone`,
          })),
      );
  },
};

/** Whether one of the cluster's mirrors of Docker Hub is not Docker Hub itself, and has images of this name. */
function isMirrored(cluster: PolicedResource, image: string): boolean {
  // Nothing is said of mirrors by a cluster that another program made.
  if (valueAt(cluster.props, "mirrors") === undefined) return true;
  const { repository } = splitImage(image);
  return itemsAt(cluster.props, "mirrors", "docker.io").some((url) => {
    if (url === unknownValue) return true;
    const { only = "" } = publicMirrors["docker.io"]?.find((mirror) => mirror.url === url) ?? {};
    return typeof url === "string" && !isDockerHub(hostOf(url)) && repository.startsWith(only);
  });
}
