import { partsOf, versionFaults } from "../kubernetesVersions.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** K4: the release of K3s is one that every pinned part supports, without a known fault in what the lab relies on. */
export const versions: Rule = (config) =>
  versionFaults(config.cluster.version, partsOf(config.storage.longhornVersion)).map(({ message, fix }) => ({
    path: formatPath(["cluster", "version"]),
    value: `"${config.cluster.version}"`,
    lesson: "K4",
    message,
    fix: fix,
  }));
