import { z } from "zod";
import { field, fields } from "../fieldDocs.ts";
import { address, advice, integer, pattern, registryHost } from "../fields.ts";

const volume = "The volume grows without a restart. Kubernetes refuses a smaller value.";

/** The lab's own registry. */
export const registry = fields({
  address: field(address(), {
    meaning: "IPv4 address for pushes, from `lab:cluster.loadBalancerPool`.",
    example: "10.20.2.201",
    change:
      "Refused while the lab is protected: the registry's certificate contains the address, and nodes trust that certificate.",
  }),
  upstreams: field(
    z
      .record(
        registryHost(),
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
    {
      meaning:
        "Registries with a pull-through cache, each with the URL that the cache fetches from: the registry itself, or a public mirror of it. A registry that rejects the nodes rejects the cache too.",
      example: { "docker.io": "https://mirror.gcr.io", "quay.io": "https://quay.io" },
      change:
        "The registry restarts, and K3s restarts on every node, the servers one after another. A removed cache keeps its files on the volume.",
    },
  ),
  imagesGiB: field(integer("the room for own images in GiB", 1, 1000, "S9").default(10), {
    meaning: "Size of the volume for pushed images. It is backed up.",
    unit: "GiB",
    example: 10,
    change: volume,
  }),
  cacheGiB: field(integer("the room for the caches in GiB", 1, 1000, "S9").default(20), {
    meaning: "Size of the volume that all caches share. It is not backed up.",
    unit: "GiB",
    example: 20,
    change: volume,
  }),
});
