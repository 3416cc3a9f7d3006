import { databaseVersions, elasticsearchLabel } from "../../catalog/databases.ts";
import { elasticsearchDirectory } from "../../components/data/elasticsearch/elasticsearchPod.ts";
import { parseImage } from "../images/images.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { isNode } from "../machines/labNodes.ts";
import { itemsAt, maybe, unknownValue, valueAt } from "../queries/known.ts";
import { parseQuantity } from "../queries/quantity.ts";
import { containersOf, podSpecOf } from "../queries/workloads.ts";
import { mebibyte } from "../workloads/podRequests.ts";

const names = new Set(["elasticsearch", "elasticsearch-oss"]);

/** Elasticsearch failed on faulted Longhorn volumes. On a hostPath volume of one node it has not failed since. */
export const elasticsearch: LessonPolicy = {
  key: "elasticsearch",
  lesson: "D1",
  description:
    "Elasticsearch is a single node of the pinned release, with its data in a hostPath volume on the one labeled node, and a heap of at most half its memory limit",
  severity: "high",
  remediationSteps:
    "create it with the component Elasticsearch (components/data/elasticsearch), which sets all of these fields",
  validateResource: (resource) =>
    serversOf(resource).flatMap(({ field, spec }) => [
      ...imageViolations(resource, field, spec),
      ...discoveryViolations(resource, field, spec),
      ...heapViolations(resource, field, spec),
      ...volumeViolations(resource, spec),
      ...affinityViolations(resource),
    ]),
  validateStack: (resources) => {
    const servers = resources.filter((resource) => serversOf(resource).length > 0);
    const nodes = resources.filter(isNode);
    const labeled = nodes.filter(({ props }) => {
      const value: unknown = valueAt(props, "labels", elasticsearchLabel.key);
      return value !== undefined && maybe(value, elasticsearchLabel.value);
    });
    if (nodes.length === 0 || labeled.length === 1) return [];
    return servers.map((resource) => ({
      resource,
      field: `${podSpecOf(resource)?.field}.affinity`,
      message: `selects nodes by the label ${elasticsearchLabel.key}=${elasticsearchLabel.value}, and ${
        labeled.length === 0 ? "no node has it" : `${labeled.map(({ name }) => name).join(" and ")} have it`
      }; exactly one node has the data`,
    }));
  },
};

/** The containers that run the server. Init containers and jobs with the same image are omitted. */
export function serversOf(resource: PolicedResource) {
  return containersOf(resource).filter(
    ({ field, spec }) =>
      field.includes(".containers[") &&
      !/^Job|CronJob$/.test(resource.type.split(":").at(-1) ?? "") &&
      typeof spec.image === "string" &&
      names.has(parseImage(spec.image).name),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: a container of the Kubernetes API
type Spec = any;

function imageViolations(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const { tag } = parseImage(spec.image);
  return tag === databaseVersions.elasticsearch
    ? []
    : [
        {
          resource,
          field: `${field}.image`,
          value: spec.image,
          message: `is not the pinned release ${databaseVersions.elasticsearch}`,
        },
      ];
}

function variable(spec: Spec, name: string): unknown {
  const found = itemsAt(spec, "env").find((each) => valueAt(each, "name") === name);
  return found === undefined ? undefined : valueAt(found, "value");
}

function discoveryViolations(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const value = variable(spec, "discovery.type");
  return maybe(value, "single-node")
    ? []
    : [
        {
          resource,
          field: `${field}.env[discovery.type]`,
          ...(value === undefined ? {} : { value }),
          message: "is not single-node, so the server waits for other nodes to form a cluster",
        },
      ];
}

function heapViolations(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const options = variable(spec, "ES_JAVA_OPTS");
  const limit: unknown = valueAt(spec, "resources", "limits", "memory");
  if (options === unknownValue || limit === unknownValue) return [];
  const at = { resource, field: `${field}.env[ES_JAVA_OPTS]` };
  const [, size = "", unit = ""] = /-Xmx(\d+)([kmg])/i.exec(String(options ?? "")) ?? [];
  if (size === "") return [{ ...at, message: "does not set -Xmx, so Java chooses the heap size" }];
  const bytes = parseQuantity(limit);
  const heapMiB = (Number(size) * { k: 1 / 1024, m: 1, g: 1024 }[unit.toLowerCase() as "k" | "m" | "g"]) / 1;
  if (bytes === undefined)
    return [{ resource, field: `${field}.resources.limits.memory`, message: "is not set" }];
  const limitMiB = bytes / mebibyte;
  return 2 * heapMiB <= limitMiB
    ? []
    : [
        {
          ...at,
          value: options,
          message: `sets a heap of ${heapMiB} MiB, which is more than half of the memory limit of ${limitMiB} MiB`,
        },
      ];
}

function volumeViolations(resource: PolicedResource, spec: Spec): Violation[] {
  const pod = podSpecOf(resource);
  const mount = itemsAt(spec, "volumeMounts").find((each) =>
    String(valueAt(each, "mountPath")).endsWith("/data"),
  );
  const index = itemsAt(pod?.spec, "volumes").findIndex(
    (each) => mount !== undefined && valueAt(each, "name") === valueAt(mount, "name"),
  );
  const field = `${pod?.field}.volumes`;
  const volume: unknown = itemsAt(pod?.spec, "volumes")[index];
  const path: unknown = valueAt(volume, "hostPath", "path");
  const type: unknown = valueAt(volume, "hostPath", "type");
  if (!maybe(path, elasticsearchDirectory))
    return [
      {
        resource,
        field,
        ...(path === undefined ? {} : { value: path }),
        message: `does not mount the hostPath ${elasticsearchDirectory} as the data volume`,
      },
    ];
  return maybe(type, "Directory")
    ? []
    : [
        {
          resource,
          field: `${field}[${index}].hostPath.type`,
          ...(type === undefined ? {} : { value: type }),
          message: "is not Directory, so Kubernetes can create an empty directory owned by root",
        },
      ];
}

/** Checks that every required node selector term includes the label. */
function affinityViolations(resource: PolicedResource): Violation[] {
  const pod = podSpecOf(resource);
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const terms = itemsAt(pod?.spec, "affinity", "nodeAffinity", required, "nodeSelectorTerms");
  const requiresLabel = (term: unknown) =>
    term === unknownValue ||
    itemsAt(term, "matchExpressions").some(
      (each) => maybe(valueAt(each, "key"), elasticsearchLabel.key) && maybe(valueAt(each, "operator"), "In"),
    );
  return terms.length > 0 && terms.every(requiresLabel)
    ? []
    : [
        {
          resource,
          field: `${pod?.field}.affinity.nodeAffinity.${required}`,
          message: `does not require the label ${elasticsearchLabel.key}, so the pod can start on a node without its data`,
        },
      ];
}
