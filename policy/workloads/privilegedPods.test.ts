import { describePolicy, object, release, unknown } from "../testing/testing.ts";
import { privilegedPods } from "./privilegedPods.ts";

const reason = "Longhorn mounts the disks of the nodes and uses their iSCSI initiator";
const namespace = (name: string, profile?: string, because?: string) =>
  object(
    "core/v1:Namespace",
    {
      name,
      uid: unknown,
      ...(profile === undefined ? {} : { labels: { "pod-security.kubernetes.io/enforce": profile } }),
      ...(because === undefined ? {} : { annotations: { "lab.home/privileged-because": because } }),
    },
    {},
    name,
  );
const pod = (name: string, spec: object, container: object = {}) =>
  object(
    "apps/v1:DaemonSet",
    { namespace: name, name: "app", uid: unknown },
    { spec: { template: { spec: { containers: [{ name: "app", image: "a:1", ...container }], ...spec } } } },
    "app",
  );
const asked = (securityContext: object) => pod("media", {}, { securityContext });
const media = namespace("media", "restricted");
const longhorn = namespace("longhorn-system", "privileged", reason);

describePolicy(privilegedPods, {
  good: [
    media,
    longhorn,
    namespace("later", unknown),
    asked({ privileged: false, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
    asked({ privileged: unknown, capabilities: { add: unknown } }),
    pod("longhorn-system", { hostPID: true }, { securityContext: { privileged: true } }),
    pod(unknown, { hostPID: true }),
    pod("media", { hostNetwork: unknown }),
    release({ namespace: "media", values: { privileged: unknown, securityContext: { privileged: false } } }),
    release({ namespace: "longhorn-system", values: { privileged: true } }, "longhorn"),
  ],
  broken: [
    [
      "a privileged container",
      [media, asked({ privileged: true })],
      "securityContext.privileged = true",
      "root",
    ],
    [
      "one in a namespace that the program does not make",
      [longhorn, pod("default", {}, { securityContext: { privileged: true } })],
      "app.spec.template.spec.containers[0].securityContext.privileged",
    ],
    [
      "capabilities that are as good as all",
      [asked({ capabilities: { add: ["CAP_SYS_ADMIN"] } })],
      "SYS_ADMIN",
    ],
    ["the node's processes", [media, pod("media", { hostPID: true })], "hostPID", "the node's"],
    ["the node's network", [media, pod("media", { hostNetwork: true })], "hostNetwork"],
    [
      "a chart that is told to be",
      [release({ values: { app: { privileged: true } } })],
      "values.app.privileged",
    ],
    [
      "a lawless namespace without a reason",
      [namespace("media", "privileged")],
      'pod-security.kubernetes.io/enforce] = "privileged"',
    ],
    ["one whose reason is none", [namespace("media", "privileged", "needed")], "says no reason"],
    ["a namespace that enforces nothing", [namespace("media")], "is not given"],
  ],
});
