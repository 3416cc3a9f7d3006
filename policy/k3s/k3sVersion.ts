import type { LessonPolicy } from "../lessonPolicy.ts";
import { isCluster, settingsOf } from "./clusters.ts";

export const k3sVersion: LessonPolicy = {
  key: "k3sVersion",
  lesson: "K2",
  description: "every node runs the K3s version of the cluster",
  severity: "high",
  remediationSteps: "set the version in lab:cluster.version only; a node has no version of its own",
  validateStack: (resources) => {
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
                message: `is not the version of the cluster, ${wanted}`,
              },
            ];
      }),
    );
  },
};
