import { z } from "zod";
import { address, advice, integer, pattern } from "../fields.ts";

/** The lab's own registry: images of its owner, and a cache before other registries. */
export const registry = z.strictObject({
  /** Where images are pushed to: an address of lab:cluster.loadBalancerPool. */
  address: address(),
  /**
   * For each registry, where the cache fetches its images: itself, or a public mirror of it, since what refuses the
   * nodes refuses the cache too.
   */
  upstreams: z
    .record(
      pattern(
        "a registry host",
        /^([a-z0-9-]+\.)+[a-z]+(:\d+)?$/,
        "write the registry's host, such as docker.io",
        "I3",
      ),
      pattern(
        "an https URL without a path",
        /^https:\/\/[a-z0-9.-]+(:\d+)?$/,
        "write https://HOST or https://HOST:PORT of the registry or of a public mirror; a cache can fetch from the root of a host only",
        "I3",
      ),
    )
    .refine((upstreams) => Object.keys(upstreams).length <= 20, "has more than 20 registries")
    .register(advice, { fix: "name the registries that the lab pulls from, 20 at most", lesson: "I3" })
    .default({
      "docker.io": "https://mirror.gcr.io",
      "ghcr.io": "https://ghcr.io",
      "quay.io": "https://quay.io",
      "registry.k8s.io": "https://registry.k8s.io",
      "docker.elastic.co": "https://docker.elastic.co",
    }),
  /** Room for the owner's images, and for the caches together. */
  ownGiB: integer("the room for own images in GiB", 1, 1000, "S9").default(10),
  cacheGiB: integer("the room for the caches in GiB", 1, 1000, "S9").default(20),
});
