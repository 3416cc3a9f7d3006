import type { Properties } from "./fakeProvider.ts";
import { readRecording } from "./recordings/record.ts";

/** A value that the API server sets for an omitted field. */
interface Default {
  /** Keys, and `*` for each item of a list. */
  readonly path: readonly string[];
  readonly value: unknown;
}

let known: ReadonlyMap<string, readonly Default[]> | undefined;

/** The defaults of each type, as the real API server set them on the recorded objects. */
function defaults(): ReadonlyMap<string, readonly Default[]> {
  if (known !== undefined) return known;
  const found = new Map<string, Default[]>();
  const { cases } = readRecording("kubernetes");
  for (const { name, type, operation, answer } of cases) {
    if (operation !== "create" || answer.outputs === undefined) continue;
    const inputs = cases.find((one) => one.name === name && one.operation === "check")?.inputs;
    found.set(type, [...(found.get(type) ?? []), ...added(inputs, answer.outputs, [])]);
  }
  known = found;
  return known;
}

function added(inputs: unknown, answer: unknown, path: readonly string[]): Default[] {
  if (inputs === undefined) return [{ path, value: answer }];
  if (Array.isArray(inputs) && Array.isArray(answer) && inputs.length === answer.length)
    return answer.flatMap((item, index) => added(inputs[index], item, [...path, "*"]));
  if (!isRecord(inputs) || !isRecord(answer)) return [];
  return Object.entries(answer)
    .filter(
      ([key]) =>
        !key.startsWith("__") && !derived.includes(key) && !stamps.includes([...path, key].join(".")),
    )
    .flatMap(([key, item]) => added(inputs[key], item, [...path, key]));
}

/** Fields that differ per object; `stored` and `derive` set them. */
const stamps = [
  "metadata.uid",
  "metadata.labels",
  "metadata.creationTimestamp",
  "metadata.managedFields",
  "metadata.resourceVersion",
  "data",
];

/** Fields that the API server derives from others. */
const derived = [
  "serviceAccount",
  "allocateLoadBalancerNodePorts",
  "externalTrafficPolicy",
  "nodePort",
  ...jobLabels(),
];

/** The labels by which a Job selects its pods; the older two have no prefix. */
function jobLabels(): string[] {
  return ["controller-uid", "job-name"].flatMap((name) => [`batch.kubernetes.io/${name}`, name]);
}

function derive(object: Properties, uid: string, before: Properties | undefined): void {
  if (object.kind === "Namespace")
    object.metadata.labels = {
      ...object.metadata.labels,
      "kubernetes.io/metadata.name": object.metadata.name,
    };
  if (object.kind === "Service" && object.spec.type === "LoadBalancer") {
    object.spec.allocateLoadBalancerNodePorts ??= true;
    object.spec.externalTrafficPolicy ??= "Cluster";
    for (const [index, port] of object.spec.ports.entries()) port.nodePort ??= 30_000 + index;
  }
  const pods = podsOf(object);
  if (pods === undefined) return;
  if (pods.spec?.serviceAccountName !== undefined) pods.spec.serviceAccount ??= pods.spec.serviceAccountName;
  if (object.kind !== "Job") return;
  const own = Object.fromEntries(
    jobLabels().map((label) => [label, label.endsWith("uid") ? uid : object.metadata.name]),
  );
  pods.metadata = { ...pods.metadata, labels: { ...pods.metadata?.labels, ...own } };
  // From the pods where the Job has none of its own. Values that were set at creation stay.
  const kept = Object.entries(before?.metadata.labels ?? {}).filter(([label]) => jobLabels().includes(label));
  object.metadata.labels =
    before === undefined
      ? (object.metadata.labels ?? pods.metadata.labels)
      : { ...Object.fromEntries(kept), ...object.metadata.labels };
  object.spec.selector ??= { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
}

/** The pod template of an object, or undefined where it has none. */
function podsOf({ kind, spec }: Properties): Properties | undefined {
  return kind === "CronJob" ? spec?.jobTemplate?.spec?.template : spec?.template;
}

/** An object with the fields that the API server would add. */
export function withDefaults(type: string, object: Properties, uid: string, before?: Properties): Properties {
  const complete = structuredClone(object);
  for (const { path, value } of defaults().get(type) ?? []) give(complete, path, value);
  derive(complete, uid, before);
  return complete;
}

function give(target: unknown, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (key === "*") {
    if (Array.isArray(target)) for (const item of target) give(item, rest, value);
    return;
  }
  if (!isRecord(target)) return;
  if (rest.length > 0) give(target[key], rest, value);
  else if (!(key in target)) target[key] = materialized(value);
}

/** A recorded value with a replacement for the parts that the recording omits. */
function materialized(value: unknown): unknown {
  if (value === "<address>") return "10.43.0.99";
  if (value === "<addresses>") return ["10.43.0.99"];
  if (value === "<time>") return `${new Date().toISOString().slice(0, 19)}Z`;
  if (Array.isArray(value)) return value.map(materialized);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, materialized(item)]));
}

function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
