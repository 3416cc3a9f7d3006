import { readFileSync } from "node:fs";
import { podSecurityContext } from "../kubernetes/hardened.ts";

/** A pod's user, and the group of its volumes. */
export function runAs(user: number, more: Readonly<Record<string, unknown>> = {}) {
  return podSecurityContext({ runAsUser: user, runAsGroup: user, fsGroup: user, ...more });
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

/** The content of files, by their names. */
export function readFiles(files: Readonly<Record<string, URL>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([name, url]) => [name, readFileSync(url, "utf8")]));
}
