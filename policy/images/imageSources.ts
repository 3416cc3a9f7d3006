import { hostOf, isDockerHub, publicMirrors, splitImage } from "../../config/mirrors.ts";
import { isCluster } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, unknownValue, valueAt } from "../queries/known.ts";
import { pulledImages, registryPhases } from "./pulledImages.ts";

export const imageSources: LessonPolicy = {
  key: "imageSources",
  lesson: "I3",
  description: "every image that is pulled before the lab's registry runs has another source than Docker Hub",
  severity: "high",
  remediationSteps:
    "add a mirror of docker.io that has the image to lab:cluster.mirrors, use an image of another registry, or make the resource depend on the lab's registry",
  validateStack: (resources) => {
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
            message: `comes from Docker Hub only, and is pulled ${phases.get(resource.urn) === "before" ? "before the lab's registry runs" : "without a dependency on the lab's registry"}`,
          })),
      );
  },
};

/** Whether a mirror of Docker Hub, other than Docker Hub itself, has images of this name. */
function isMirrored(cluster: PolicedResource, image: string): boolean {
  // A cluster that another program created declares no mirrors.
  if (valueAt(cluster.props, "mirrors") === undefined) return true;
  const { repository } = splitImage(image);
  return itemsAt(cluster.props, "mirrors", "docker.io").some((url) => {
    if (url === unknownValue) return true;
    const { only = "" } = publicMirrors["docker.io"]?.find((mirror) => mirror.url === url) ?? {};
    return typeof url === "string" && !isDockerHub(hostOf(url)) && repository.startsWith(only);
  });
}
