import { podSecurityLabel, privilegedReasonAnnotation } from "../../components/kubernetes/annotations.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { containersOf, isRelease, podSpecOf, releaseValues } from "../queries/workloads.ts";

/** What the component that makes namespaces writes where pods may do anything: why they may. */

/** Capabilities that are as good as all of them. */
const nearlyAll = new Set(["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE", "BPF"]);

export const privilegedPods: LessonPolicy = {
  key: "privilegedPods",
  lesson: "P4",
  description: "pods are not privileged without a reason",
  severity: "high",
  fix: `take the privilege away; where it is needed, give the pod a namespace with podSecurity: { profile: "privileged", reason: … }, which writes ${privilegedReasonAnnotation}`,
  stack: (resources) => {
    const namespaces = objectsOf(resources, "core", "Namespace");
    return [
      ...namespaces.flatMap(lawless),
      ...resources.flatMap((resource) =>
        mayBePrivileged(home(resource), namespaces) ? [] : [...ofPods(resource), ...ofRelease(resource)],
      ),
    ];
  },
};

/** A namespace whose pods may do anything, and that does not say why. */
function lawless(namespace: PolicedResource): Breach[] {
  const profile: unknown = valueAt(namespace.props, "metadata", "labels", podSecurityLabel);
  if (profile === unknownValue || profile === "restricted" || profile === "baseline" || reasoned(namespace))
    return [];
  const field = "metadata.labels[pod-security.kubernetes.io/enforce]";
  return [
    profile === undefined
      ? { resource: namespace, field, message: "is not given, so that its pods may do anything" }
      : {
          resource: namespace,
          field,
          value: profile,
          message: "lets its pods do anything, and says no reason",
        },
  ];
}

function reasoned({ props }: PolicedResource): boolean {
  const reason: unknown = valueAt(props, "metadata", "annotations", privilegedReasonAnnotation);
  return reason === unknownValue || (typeof reason === "string" && reason.length >= 20);
}

function home(resource: PolicedResource): unknown {
  return isRelease(resource) ? (valueAt(resource.props, "namespace") ?? "default") : namespaceOf(resource);
}

function mayBePrivileged(name: unknown, namespaces: readonly PolicedResource[]): boolean {
  return namespaces.some((namespace) => maybe(name, nameOf(namespace)) && reasoned(namespace));
}

/** What a workload's pods ask for beyond their own processes. */
function ofPods(resource: PolicedResource): Breach[] {
  const pod = known(() => podSpecOf(resource));
  if (pod === undefined) return [];
  const shared = ["hostPID", "hostIPC", "hostNetwork"].flatMap((key): Breach[] =>
    valueAt(pod.spec, key) === true
      ? [{ resource, field: `${pod.field}.${key}`, value: true, message: "shares what is the node's" }]
      : [],
  );
  const containers = known(() => containersOf(resource)) ?? [];
  return [
    ...shared,
    ...containers.flatMap(({ field, spec }): Breach[] => {
      const context = `${field}.securityContext`;
      const added = itemsAt(spec, "securityContext", "capabilities", "add").filter(
        (capability) => typeof capability === "string" && nearlyAll.has(capability.replace(/^CAP_/, "")),
      );
      return [
        ...(valueAt(spec, "securityContext", "privileged") === true
          ? [{ resource, field: `${context}.privileged`, value: true, message: "is root on its node" }]
          : []),
        ...(added.length > 0
          ? [
              {
                resource,
                field: `${context}.capabilities.add`,
                value: added,
                message: "is as good as root on its node",
              },
            ]
          : []),
      ];
    }),
  ];
}

/** The same among what a chart is told. What it does by itself, its namespace's profile decides. */
function ofRelease(resource: PolicedResource): Breach[] {
  if (!isRelease(resource)) return [];
  return releaseValues(resource).flatMap(({ path, key, value }): Breach[] =>
    ["privileged", "hostPID", "hostIPC", "hostNetwork"].includes(key) && value === true
      ? [{ resource, field: path, value, message: "asks for more than its own processes" }]
      : [],
  );
}
