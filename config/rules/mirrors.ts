import type { Diagnostic } from "../diagnostic.ts";
import { endpointsOfImage, hostOf, isDockerHub, mirrorsOf } from "../mirrors.ts";
import { formatPath } from "../shape.ts";
import { isExempt } from "./exemptions.ts";
import type { Rule } from "./rule.ts";

/** I3: images of Docker Hub have another source before the lab's own registry runs, and every registry configuration belongs to a mirror. */
export const mirrors: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const { cluster } = config;
  // Longhorn's images represent all of them: they are on Docker Hub only, and storage is installed before the lab's registry.
  const elsewhere = endpointsOfImage(config, "docker.io/longhornio/longhorn-manager:any").some(
    ({ host }) => !isDockerHub(host),
  );
  if (!elsewhere && !isExempt(config, "I3"))
    diagnostics.push({
      path: formatPath(["cluster", "mirrors", "docker.io"]),
      value: JSON.stringify(cluster.mirrors["docker.io"] ?? []),
      lesson: "I3",
      message: `leaves Docker Hub as the only source of the images that are pulled before the lab's registry runs: Longhorn, the storage canary${cluster.archiveChecksum === undefined ? ", K3s' own images" : ""}`,
      fix: "name a mirror that has these images, such as https://mirror.gcr.io, or remove the field to use the public mirrors",
    });

  const hosts = new Set(Object.values(mirrorsOf(config)).flat().map(hostOf));
  for (const [host, { ca, username }] of Object.entries(cluster.registryConfigs)) {
    const path = formatPath(["cluster", "registryConfigs", host]);
    if (!hosts.has(host))
      diagnostics.push({
        path,
        lesson: "I3",
        message: "is not the host of a mirror",
        fix: `write the host of a URL under lab:cluster.mirrors: ${[...hosts].join(", ")}`,
      });
    else if (ca === undefined && username === undefined)
      diagnostics.push({
        path,
        lesson: "I3",
        message: "sets neither ca nor username",
        fix: "set one of them, or remove the entry: a mirror with a public certificate and without a login needs none",
      });
  }
  if (cluster.archive !== undefined && cluster.archiveChecksum === undefined)
    diagnostics.push({
      path: formatPath(["cluster", "archiveChecksum"]),
      lesson: "P3",
      message: "is missing, and lab:cluster.archive is set",
      fix: "copy the line `k3s-airgap-images-amd64.tar.zst` of the release's sha256sum-amd64.txt",
    });
  return diagnostics;
};
