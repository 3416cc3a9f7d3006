import type { Breach, LessonPolicy } from "../lessonPolicy.ts";
import { itemsAt, known, valueAt } from "../queries/known.ts";
import { containersOf, imagesOf, podSpecOf } from "../queries/workloads.ts";
import { parseImage } from "./images.ts";

/** Sockets of what runs containers on a node: whoever has one may start anything there. */
const sockets = /^\/(var\/)?run\/(docker\.sock|containerd|k3s\/containerd)(\/|$)/;

/** Names of images that are an engine of their own. */
const engines = new Set(["dind", "docker-dind", "buildkit", "podman", "buildah"]);

export const dockerInDocker: LessonPolicy = {
  key: "dockerInDocker",
  lesson: "I3",
  description: "nothing that runs containers of its own stands in for a registry",
  severity: "high",
  fix: "a registry that refuses is answered by lab:cluster.mirrors and lab:registry, and an image of your own is pushed there: no pod needs an engine, or the node's",
  resource: (resource) => [
    ...(known(() => imagesOf(resource)) ?? []).flatMap(({ field, image }): Breach[] => {
      const { name, tag = "" } = parseImage(image);
      const engine =
        engines.has(name) || (name === "docker" && !/(^|-)cli$/.test(tag)) || /(^|-)dind(-|$)/.test(tag);
      return engine
        ? [{ resource, field, value: image, message: "is an engine for containers inside a pod" }]
        : [];
    }),
    ...(known(() => containersOf(resource)) ?? []).flatMap(({ field, spec }): Breach[] =>
      ["command", "args"].flatMap((key) =>
        itemsAt(spec, key).some((word) => typeof word === "string" && /(^|\/)dockerd(\s|$)/.test(word))
          ? [{ resource, field: `${field}.${key}`, message: "starts dockerd inside a pod" }]
          : [],
      ),
    ),
    ...itemsAt(known(() => podSpecOf(resource))?.spec, "volumes").flatMap((volume, index): Breach[] => {
      const path: unknown = valueAt(volume, "hostPath", "path");
      return typeof path === "string" && sockets.test(path)
        ? [
            {
              resource,
              field: `${podSpecOf(resource)?.field}.volumes[${index}].hostPath.path`,
              value: path,
              message: "hands the node's own engine to a pod",
            },
          ]
        : [];
    }),
  ],
};
