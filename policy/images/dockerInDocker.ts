import type { LessonPolicy, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, valueAt } from "../queries/known.ts";
import { containersOf, imagesOf, podSpecOf } from "../queries/workloads.ts";
import { parseImage } from "./images.ts";

/** Sockets of the container runtimes of a node. A process with access to one can start any container on the node. */
const sockets = /^\/(var\/)?run\/(docker\.sock|containerd|k3s\/containerd)(\/|$)/;

/** Names of images that contain a container engine. */
const engines = new Set(["dind", "docker-dind", "buildkit", "podman", "buildah"]);

export const dockerInDocker: LessonPolicy = {
  key: "dockerInDocker",
  lesson: "I3",
  description: "no pod runs a container engine, or uses the node's, to work around a registry",
  severity: "high",
  remediationSteps:
    "configure mirrors in lab:cluster.mirrors and the lab's registry in lab:registry, push your own images to that registry, and remove the container engine from the pod",
  validateResource: (resource) => [
    ...(known(() => imagesOf(resource)) ?? []).flatMap(({ field, image }): Violation[] => {
      const { name, tag = "" } = parseImage(image);
      const engine =
        engines.has(name) || (name === "docker" && !/(^|-)cli$/.test(tag)) || /(^|-)dind(-|$)/.test(tag);
      return engine
        ? [{ resource, field, value: image, message: "is a container engine that runs inside a pod" }]
        : [];
    }),
    ...(known(() => containersOf(resource)) ?? []).flatMap(({ field, spec }): Violation[] =>
      ["command", "args"].flatMap((key) =>
        itemsAt(spec, key).some((word) => typeof word === "string" && /(^|\/)dockerd(\s|$)/.test(word))
          ? [{ resource, field: `${field}.${key}`, message: "starts dockerd inside a pod" }]
          : [],
      ),
    ),
    ...itemsAt(known(() => podSpecOf(resource))?.spec, "volumes").flatMap((volume, index): Violation[] => {
      const path: unknown = valueAt(volume, "hostPath", "path");
      return typeof path === "string" && sockets.test(path)
        ? [
            {
              resource,
              field: `${podSpecOf(resource)?.field}.volumes[${index}].hostPath.path`,
              value: path,
              message: "gives the pod access to the container runtime of the node",
            },
          ]
        : [];
    }),
  ],
};
