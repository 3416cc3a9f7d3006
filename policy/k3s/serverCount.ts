import type { LessonPolicy } from "../lessonPolicy.ts";
import { isCluster } from "./clusters.ts";

export const serverCount: LessonPolicy = {
  key: "serverCount",
  lesson: "K1",
  description: "a cluster has three or more servers, an odd number",
  severity: "critical",
  fix: "make three nodes servers, or five; with one or two, the loss of one stops the cluster",
  resource: (resource) => {
    if (!isCluster(resource)) return [];
    const servers = Array.isArray(resource.props.servers) ? resource.props.servers.length : 0;
    return servers >= 3 && servers % 2 === 1
      ? []
      : [{ resource, field: "servers", value: servers, message: "is no odd number of three or more" }];
  },
};
