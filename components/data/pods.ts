import { readFileSync } from "node:fs";
import kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import type { Namespace } from "../kubernetes/namespace.ts";

/** Security context of every container of the databases and their jobs. */
export const confined: kubernetes.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** A pod's user, and the group of its volumes. */
export function runAs(user: number, more: Readonly<Record<string, unknown>> = {}) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
    ...more,
  } as const;
}

/** A container's memory, its limit, and its share of a core. */
export function resources(cpu: string, memoryMiB: number, limitMiB = 2 * memoryMiB) {
  return { requests: { cpu, memory: `${memoryMiB}Mi` }, limits: { memory: `${limitMiB}Mi` } };
}

/** Environment variables with plain values. */
export function environment(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/** Environment variables from a Secret, by variable name. */
export function fromSecret(secret: string, keys: Readonly<Record<string, string>>) {
  return Object.entries(keys).map(([name, key]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
}

/** Scripts of this folder, as a ConfigMap. */
export function scripts(
  name: string,
  namespace: Namespace,
  files: Readonly<Record<string, URL>>,
  opts: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  return new kubernetes.core.v1.ConfigMap(
    name,
    {
      metadata: { name, namespace: namespace.namespace },
      data: Object.fromEntries(Object.entries(files).map(([file, url]) => [file, readFileSync(url, "utf8")])),
    },
    opts,
  );
}
