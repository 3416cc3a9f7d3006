import type { LessonPolicy } from "../lessonPolicy.ts";
import { isCluster, settingsOf } from "./clusters.ts";

export const k3sVersion: LessonPolicy = {
  key: "k3sVersion",
  lesson: "K2",
  description: "every member runs the cluster's K3s version",
  severity: "high",
  fix: "let lab:cluster.version be the one version; no node has its own",
  stack: (resources) => {
    const wanted = resources.find(isCluster)?.props.version as string | undefined;
    if (wanted === undefined) return [];
    return resources.flatMap((resource) =>
      ["install-k3s.sh", "verify-k3s.sh"].flatMap((script) => {
        const version = settingsOf(resource, script)?.get("VERSION");
        return version === undefined || version === wanted
          ? []
          : [
              {
                resource,
                field: "stdin.VERSION",
                value: version,
                message: `is not ${wanted}, the cluster's version`,
              },
            ];
      }),
    );
  },
};
