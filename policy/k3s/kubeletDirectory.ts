import type { LessonPolicy } from "../lessonPolicy.ts";
import { releaseValues } from "../queries/workloads.ts";
import { isCluster, settingsOf } from "./clusters.ts";

export const kubeletDirectory: LessonPolicy = {
  key: "kubeletDirectory",
  lesson: "K3",
  description: "K3s and every CSI driver use the same kubelet directory",
  severity: "critical",
  remediationSteps:
    "set the kubelet directory in lab:cluster.kubeletDirectory only, which K3s and every CSI driver use",
  validateStack: (resources) => {
    const wanted = resources.find(isCluster)?.props.kubeletDirectory as string | undefined;
    if (wanted === undefined) return [];
    const differs = (value: unknown) =>
      typeof value === "string" && value !== "" && value.replace(/\/$/, "") !== wanted;
    return resources.flatMap((resource) => {
      const verified = settingsOf(resource, "verify-k3s.sh")?.get("KUBELET_DIR");
      const drivers = releaseValues(resource).filter(
        ({ key, value }) => /^kubelet_?(root)?_?(dir|path|directory)$/i.test(key) && differs(value),
      );
      return [
        ...(verified !== undefined && differs(verified)
          ? [{ resource, field: "stdin.KUBELET_DIR", value: verified, message: differsFromK3s(wanted) }]
          : []),
        ...drivers.map(({ path, value }) => ({
          resource,
          field: path,
          value,
          message: differsFromK3s(wanted),
        })),
      ];
    });
  },
};

function differsFromK3s(directory: string): string {
  return `is not the kubelet directory of K3s, ${directory}`;
}
