import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, release, unknown } from "../testing/resources.ts";
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
const withContext = (securityContext: object) => pod("media", {}, { securityContext });
const media = namespace("media", "restricted");
const longhorn = namespace("longhorn-system", "privileged", reason);

describePolicy(privilegedPods, {
  valid: [
    media,
    longhorn,
    namespace("later", unknown),
    withContext({ privileged: false, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
    withContext({ privileged: unknown, capabilities: { add: unknown } }),
    pod("longhorn-system", { hostPID: true }, { securityContext: { privileged: true } }),
    pod(unknown, { hostPID: true }),
    pod("media", { hostNetwork: unknown }),
    release({ namespace: "media", values: { privileged: unknown, securityContext: { privileged: false } } }),
    release({ namespace: "longhorn-system", values: { privileged: true } }, "longhorn"),
  ],
  invalid: [
    [
      "a privileged container",
      [media, withContext({ privileged: true })],
      "securityContext.privileged = true: gives the container root access to its node",
    ],
    [
      "a privileged container in a namespace that the program does not create",
      [longhorn, pod("default", {}, { securityContext: { privileged: true } })],
      "app.spec.template.spec.containers[0].securityContext.privileged",
    ],
    [
      "a capability equivalent to root",
      [withContext({ capabilities: { add: ["CAP_SYS_ADMIN"] } })],
      'capabilities.add = ["CAP_SYS_ADMIN"]: gives the container capabilities equivalent to root',
    ],
    [
      "a pod in the node's PID namespace",
      [media, pod("media", { hostPID: true })],
      "hostPID = true: shares a namespace of the node",
    ],
    ["a pod in the node's network namespace", [media, pod("media", { hostNetwork: true })], "hostNetwork"],
    [
      "a privileged container among a chart's values",
      [release({ values: { app: { privileged: true } } })],
      "values.app.privileged = true: gives the chart's pods access to the node",
    ],
    [
      "a privileged namespace without a reason",
      [namespace("media", "privileged")],
      'pod-security.kubernetes.io/enforce] = "privileged": allows privileged pods without a reason',
    ],
    [
      "a privileged namespace with a reason that is too short",
      [namespace("media", "privileged", "needed")],
      "without a reason of at least 20 characters",
    ],
    [
      "a namespace without a Pod Security profile",
      [namespace("media")],
      "is not set, so the namespace allows",
    ],
  ],
});

test.each([
  ["a reason of 19 characters", namespace("media", "privileged", "x".repeat(19)), 1],
  ["a reason of 20 characters", namespace("media", "privileged", "x".repeat(20)), 0],
  ["the profile baseline", namespace("media", "baseline"), 0],
  ["the profile restricted", namespace("media", "restricted"), 0],
  ["an unknown profile", namespace("media", "unrestricted"), 1],
  ["capability ALL", withContext({ capabilities: { add: ["ALL"] } }), 1],
  ["capability SYS_MODULE", withContext({ capabilities: { add: ["SYS_MODULE"] } }), 1],
  ["capability SYS_RAWIO", withContext({ capabilities: { add: ["SYS_RAWIO"] } }), 1],
  ["capability SYS_PTRACE", withContext({ capabilities: { add: ["SYS_PTRACE"] } }), 1],
  ["capability BPF", withContext({ capabilities: { add: ["CAP_BPF"] } }), 1],
  ["capability CHOWN", withContext({ capabilities: { add: ["CHOWN"] } }), 0],
  ["hostIPC", pod("media", { hostIPC: true }), 1],
  ["hostIPC among a chart's values", release({ values: { hostIPC: true } }), 1],
  ["hostNetwork among a chart's values", release({ values: { hostNetwork: true } }), 1],
  ["a privileged chart in the default namespace", release({ values: { hostPID: true } }), 1],
])("reports for %s the right number of violations (P4)", (_what, resource, count) =>
  expect(violationsOf(privilegedPods, [resource])).toHaveLength(count),
);
