import type kubernetes from "@pulumi/kubernetes";

type PodIds = Pick<
  kubernetes.types.input.core.v1.PodSecurityContext,
  "runAsUser" | "runAsGroup" | "fsGroup" | "fsGroupChangePolicy" | "supplementalGroups"
>;

/**
 * The security context of a pod: never root, and with the seccomp profile of the container runtime, as the `restricted`
 * pod security standard requires.
 *
 * @param ids The numeric user of the containers. A number is the user, its group and the group of the volumes
 *   (`fsGroup`); an object sets them one by one. Default: the user of the image, which must not be root.
 */
export function podSecurityContext(ids: number | PodIds = {}) {
  return {
    runAsNonRoot: true,
    ...(typeof ids === "number" ? { runAsUser: ids, runAsGroup: ids, fsGroup: ids } : ids),
    seccompProfile: { type: "RuntimeDefault" },
  } as const;
}

/** What a container needs beyond the hardened default. Each exception states its reason. */
export interface SecurityExceptions {
  /** The root file system is writable. Default: read-only. */
  readonly writableRootFilesystem?: { readonly reason: string };
  /** Linux capabilities that are added after all were dropped. Default: none. */
  readonly capabilities?: { readonly add: readonly string[]; readonly reason: string };
}

/**
 * The security context of a container: no privilege escalation, no capabilities and a read-only root file system. Chart
 * values use it where the chart has a key for it; containers of this program use `hardenedContainer`.
 */
export function containerSecurityContext({ writableRootFilesystem, capabilities }: SecurityExceptions = {}) {
  return {
    allowPrivilegeEscalation: false,
    ...(writableRootFilesystem === undefined ? { readOnlyRootFilesystem: true } : {}),
    capabilities: { drop: ["ALL"], ...(capabilities === undefined ? {} : { add: [...capabilities.add] }) },
  };
}

/** A container with the hardened security context. `exceptions` relax it, each with a reason. */
export function hardenedContainer<Container extends { readonly name: string; readonly image: string }>(
  container: Container & { readonly securityContext?: never },
  exceptions: SecurityExceptions = {},
): Container & { securityContext: ReturnType<typeof containerSecurityContext> } {
  return { ...container, securityContext: containerSecurityContext(exceptions) };
}
