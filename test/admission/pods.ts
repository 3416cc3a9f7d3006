import type { KubernetesObject } from "./kubernetesObject.ts";

interface Template {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/**
 * The objects that the controllers of Kubernetes create from an object: the Job of a CronJob, and the pod of a
 * template. Quotas, limits and pod security judge pods only, so a workload that they reject is admitted and has no
 * pods.
 */
export function controlledObjects(object: KubernetesObject): KubernetesObject[] {
  const { kind, metadata, spec } = object;
  const inside = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
  switch (kind) {
    case "CronJob": {
      const job = {
        apiVersion: "batch/v1",
        kind: "Job",
        // The controller appends a hyphen and the minute of its schedule, with ten digits.
        metadata: { ...spec.jobTemplate.metadata, ...inside, name: `${metadata.name}-0123456789` },
        spec: spec.jobTemplate.spec,
      } as KubernetesObject;
      return [job, ...controlledObjects(job)];
    }
    case "Deployment":
      return [pod(generated(`${metadata.name}-0123456789-`), inside, spec.template)];
    case "DaemonSet":
      return [pod(generated(`${metadata.name}-`), inside, spec.template)];
    case "Job":
      return [pod(generated(`${metadata.name}-`), inside, spec.template, { "job-name": metadata.name })];
    case "StatefulSet":
      return [
        pod(`${metadata.name}-0`, inside, withClaims(spec), {
          "controller-revision-hash": `${metadata.name}-0123456789`,
          "statefulset.kubernetes.io/pod-name": `${metadata.name}-0`,
        }),
      ];
    default:
      return [];
  }
}

/** A name as the API server derives it from `generateName`: at most 63 characters. */
const generated = (base: string) => `${base.slice(0, 58)}abcde`;

function pod(
  name: string,
  inside: { readonly namespace?: string },
  { metadata = {}, spec }: Template,
  labels: Readonly<Record<string, string>> = {},
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, ...inside, name, labels: { ...metadata.labels, ...labels } },
    spec,
  };
}

/** A StatefulSet's pod has a volume for each of its claims. */
function withClaims({ template, volumeClaimTemplates = [] }: KubernetesObject["spec"]): Template {
  const claims = (volumeClaimTemplates as readonly KubernetesObject[]).map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-0` },
  }));
  return { ...template, spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] } };
}
