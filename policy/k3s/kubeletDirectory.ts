import type { LessonPolicy } from "../lessonPolicy.ts";
import { releaseValues } from "../queries/workloads.ts";
import { isCluster, settingsOf } from "./clusters.ts";

export const kubeletDirectory: LessonPolicy = {
  key: "kubeletDirectory",
  lesson: "K3",
  description: "K3s and every CSI driver name one kubelet directory",
  severity: "critical",
  fix: "take it from lab:cluster.kubeletDirectory, the one setting for all of them",
  stack: (resources) => {
    const wanted = resources.find(isCluster)?.props.kubeletDirectory as string | undefined;
    if (wanted === undefined) return [];
    const differs = (value: unknown) =>
      typeof value === "string" && value !== "" && value.replace(/\/$/, "") !== wanted;
    return resources.flatMap((resource) => {
      const live = settingsOf(resource, "verify-k3s.sh")?.get("KUBELET_DIR");
      const drivers = releaseValues(resource).filter(
        ({ key, value }) => /^kubelet_?(root)?_?(dir|path|directory)$/i.test(key) && differs(value),
      );
      return [
        ...(live !== undefined && differs(live)
          ? [{ resource, field: "stdin.KUBELET_DIR", value: live, message: `is not ${wanted}, K3s' own` }]
          : []),
        ...drivers.map(({ path, value }) => ({
          resource,
          field: path,
          value,
          message: `is not ${wanted}, K3s' own`,
        })),
      ];
    });
  },
};
