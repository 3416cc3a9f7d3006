import { podSecurityEnforce, privilegedBecause } from "../../catalog/annotations.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { nameOf, namespaceOf, objectsOf } from "../queries/kubernetesObjects.ts";
import { containersOf, isRelease, podSpecOf, releaseValues } from "../queries/workloads.ts";

/** Capabilities that give a container full control of its node. */
const rootCapabilities = new Set(["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE", "BPF"]);

export const privilegedPods: LessonPolicy = {
  key: "privilegedPods",
  lesson: "P4",
  description: "pods are privileged only in namespaces that state a reason",
  severity: "high",
  remediationSteps: `remove the privilege; where the pod needs it, use a namespace with podSecurity: { profile: "privileged", reason: … }, which sets the annotation ${privilegedBecause}`,
  validateStack: (resources) => {
    const namespaces = objectsOf(resources, "core", "Namespace");
    return [
      ...namespaces.flatMap(namespaceViolations),
      ...resources.flatMap((resource) =>
        allowsPrivileged(namespaceOfPods(resource), namespaces)
          ? []
          : [...podViolations(resource), ...releaseViolations(resource)],
      ),
    ];
  },
};

/** The violation of a namespace that allows privileged pods without a reason. */
function namespaceViolations(namespace: PolicedResource): Violation[] {
  const profile: unknown = valueAt(namespace.props, "metadata", "labels", podSecurityEnforce);
  if (profile === unknownValue || profile === "restricted" || profile === "baseline" || hasReason(namespace))
    return [];
  const field = `metadata.labels[${podSecurityEnforce}]`;
  return [
    profile === undefined
      ? { resource: namespace, field, message: "is not set, so the namespace allows privileged pods" }
      : {
          resource: namespace,
          field,
          value: profile,
          message: "allows privileged pods without a reason of at least 20 characters",
        },
  ];
}

function hasReason({ props }: PolicedResource): boolean {
  const reason: unknown = valueAt(props, "metadata", "annotations", privilegedBecause);
  return reason === unknownValue || (typeof reason === "string" && reason.length >= 20);
}

function namespaceOfPods(resource: PolicedResource): unknown {
  return isRelease(resource) ? (valueAt(resource.props, "namespace") ?? "default") : namespaceOf(resource);
}

function allowsPrivileged(name: unknown, namespaces: readonly PolicedResource[]): boolean {
  return namespaces.some((namespace) => maybe(name, nameOf(namespace)) && hasReason(namespace));
}

/** Violations of a workload whose pods access the node. */
function podViolations(resource: PolicedResource): Violation[] {
  const pod = known(() => podSpecOf(resource));
  if (pod === undefined) return [];
  const shared = ["hostPID", "hostIPC", "hostNetwork"].flatMap((key): Violation[] =>
    valueAt(pod.spec, key) === true
      ? [{ resource, field: `${pod.field}.${key}`, value: true, message: "shares a namespace of the node" }]
      : [],
  );
  const containers = known(() => containersOf(resource)) ?? [];
  return [
    ...shared,
    ...containers.flatMap(({ field, spec }): Violation[] => {
      const context = `${field}.securityContext`;
      const added = itemsAt(spec, "securityContext", "capabilities", "add").filter(
        (capability) =>
          typeof capability === "string" && rootCapabilities.has(capability.replace(/^CAP_/, "")),
      );
      return [
        ...(valueAt(spec, "securityContext", "privileged") === true
          ? [
              {
                resource,
                field: `${context}.privileged`,
                value: true,
                message: "gives the container root access to its node",
              },
            ]
          : []),
        ...(added.length > 0
          ? [
              {
                resource,
                field: `${context}.capabilities.add`,
                value: added,
                message: "gives the container capabilities equivalent to root on its node",
              },
            ]
          : []),
      ];
    }),
  ];
}

/** Violations among a release's values. The chart's defaults are subject to the profile of the namespace. */
function releaseViolations(resource: PolicedResource): Violation[] {
  if (!isRelease(resource)) return [];
  return releaseValues(resource).flatMap(({ path, key, value }): Violation[] =>
    ["privileged", "hostPID", "hostIPC", "hostNetwork"].includes(key) && value === true
      ? [{ resource, field: path, value, message: "gives the chart's pods access to the node" }]
      : [],
  );
}
