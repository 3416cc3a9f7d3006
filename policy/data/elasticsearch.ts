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

/** Longhorn's volumes faulted under it; on one node's own directory it has not failed since. */
export const elasticsearch: LessonPolicy = {
  key: "elasticsearch",
  lesson: "D1",
  description:
    "Elasticsearch is one node of a settled release, on the directory of the one node with its label, with a heap of half its memory at most",
  severity: "high",
  remediationSteps:
    "make it with the component that has settled all of this: components/data/elasticsearch/elasticsearch.ts",
  validateResource: (resource) =>
    serversOf(resource).flatMap(({ field, spec }) => [
      ...release(resource, field, spec),
      ...alone(resource, field, spec),
      ...heap(resource, field, spec),
      ...directory(resource, spec),
      ...pinned(resource),
    ]),
  validateStack: (resources) => {
    const servers = resources.filter((resource) => serversOf(resource).length > 0);
    const nodes = resources.filter(isNode);
    const carriers = nodes.filter(({ props }) => {
      const value: unknown = valueAt(props, "labels", elasticsearchLabel.key);
      return value !== undefined && maybe(value, elasticsearchLabel.value);
    });
    if (nodes.length === 0 || carriers.length === 1) return [];
    return servers.map((resource) => ({
      resource,
      field: `${podSpecOf(resource)?.field}.affinity`,
      message: `asks for the label ${elasticsearchLabel.key}=${elasticsearchLabel.value}, which ${
        carriers.length === 0 ? "no node carries" : `${carriers.map(({ name }) => name).join(" and ")} carry`
      }; its data is on exactly one`,
    }));
  },
};

/** The containers that are the server itself, not those that come before it with the same image. */
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

function release(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const { tag } = parseImage(spec.image);
  return tag === databaseVersions.elasticsearch
    ? []
    : [
        {
          resource,
          field: `${field}.image`,
          value: spec.image,
          message: `is not the release that the lab has settled on, ${databaseVersions.elasticsearch}`,
        },
      ];
}

function variable(spec: Spec, name: string): unknown {
  const found = itemsAt(spec, "env").find((each) => valueAt(each, "name") === name);
  return found === undefined ? undefined : valueAt(found, "value");
}

function alone(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const value = variable(spec, "discovery.type");
  return maybe(value, "single-node")
    ? []
    : [
        {
          resource,
          field: `${field}.env[discovery.type]`,
          ...(value === undefined ? {} : { value }),
          message: "is not single-node: it would wait for others that there are not",
        },
      ];
}

function heap(resource: PolicedResource, field: string, spec: Spec): Violation[] {
  const options = variable(spec, "ES_JAVA_OPTS");
  const limit: unknown = valueAt(spec, "resources", "limits", "memory");
  if (options === unknownValue || limit === unknownValue) return [];
  const at = { resource, field: `${field}.env[ES_JAVA_OPTS]` };
  const [, size = "", unit = ""] = /-Xmx(\d+)([kmg])/i.exec(String(options ?? "")) ?? [];
  if (size === "") return [{ ...at, message: "names no -Xmx: Java would take what it likes" }];
  const bytes = parseQuantity(limit);
  const heapMiB = (Number(size) * { k: 1 / 1024, m: 1, g: 1024 }[unit.toLowerCase() as "k" | "m" | "g"]) / 1;
  if (bytes === undefined)
    return [{ resource, field: `${field}.resources.limits.memory`, message: "is not given" }];
  const limitMiB = bytes / mebibyte;
  return 2 * heapMiB <= limitMiB
    ? []
    : [
        {
          ...at,
          value: options,
          message: `has a heap of ${heapMiB} MiB, more than half of its limit of ${limitMiB} MiB`,
        },
      ];
}

function directory(resource: PolicedResource, spec: Spec): Violation[] {
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
        message: `does not have its data on the directory ${elasticsearchDirectory} of its node`,
      },
    ];
  return maybe(type, "Directory")
    ? []
    : [
        {
          resource,
          field: `${field}[${index}].hostPath.type`,
          ...(type === undefined ? {} : { value: type }),
          message: "is not Directory: Kubernetes would make one, empty and root's",
        },
      ];
}

/** The label is among what every one of the required terms asks for. */
function pinned(resource: PolicedResource): Violation[] {
  const pod = podSpecOf(resource);
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const terms = itemsAt(pod?.spec, "affinity", "nodeAffinity", required, "nodeSelectorTerms");
  const asks = (term: unknown) =>
    term === unknownValue ||
    itemsAt(term, "matchExpressions").some(
      (each) => maybe(valueAt(each, "key"), elasticsearchLabel.key) && maybe(valueAt(each, "operator"), "In"),
    );
  return terms.length > 0 && terms.every(asks)
    ? []
    : [
        {
          resource,
          field: `${pod?.field}.affinity.nodeAffinity.${required}`,
          message: `does not ask for the label ${elasticsearchLabel.key}: it could start on a node without its data`,
        },
      ];
}
