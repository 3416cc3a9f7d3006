import { partsOf, versionFaults } from "../kubernetesVersions.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** K4: every pinned component supports the release of K3s, and the release has no known fault that affects the lab. */
export const versions: Rule = (config) =>
  versionFaults(config.cluster.version, partsOf(config.storage.longhornVersion)).map(({ message, fix }) => ({
    path: formatPath(["cluster", "version"]),
    value: `"${config.cluster.version}"`,
    lesson: "K4",
    message,
    fix,
  }));
