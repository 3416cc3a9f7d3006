import type { LessonPolicy } from "../lessonPolicy.ts";
import { isCluster } from "./clusters.ts";

export const serverCount: LessonPolicy = {
  key: "serverCount",
  lesson: "K1",
  description: "a cluster has an odd number of servers, at least three",
  severity: "critical",
  remediationSteps:
    "set role: server on three or five nodes; etcd with one or two servers loses its quorum with the first server that fails",
  validateResource: (resource) => {
    if (!isCluster(resource)) return [];
    const servers = Array.isArray(resource.props.servers) ? resource.props.servers.length : 0;
    return servers >= 3 && servers % 2 === 1
      ? []
      : [{ resource, field: "servers", value: servers, message: "is not an odd number of three or more" }];
  },
};
