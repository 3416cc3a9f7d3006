import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { differencesOf, isReplacing, isWithin, replacing } from "./differences.ts";
import { type FakeDiff, type FakeState, hasUnknown, type Properties, sealed } from "./fakeProvider.ts";
import { withDefaults } from "./kubernetesDefaults.ts";

/** API groups for which the provider has Go types. Objects of other groups stay unchanged. */
const builtIn =
  /^(v1|(apps|batch|policy|autoscaling|(networking|storage|scheduling|rbac\.authorization|admissionregistration|coordination|discovery)\.k8s\.io)\/\w+)$/;

/** Fields that contain quantities, for which Kubernetes has one canonical form: 1 for 1000m, 1Gi for 1024Mi. */
const quantities = /\.(requests|limits|hard|capacity|default|defaultRequest|max|min)\.[^.]+$|\.sizeLimit$/;

/** The provider's form of inputs: the text of a Secret as data, canonical quantities, and no empty values. */
export function normalized(inputs: Properties): Properties {
  if (!builtIn.test(String(inputs.apiVersion)) || hasUnknown(inputs)) return inputs;
  const canonical = canonicalIn(inputs, "") as Properties;
  if (inputs.kind !== "Secret" || inputs.stringData === undefined) return canonical;
  const { stringData, data = {}, ...rest } = canonical;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString("base64"),
  ]);
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
}

/** Empty maps that Go's types omit; every empty list is omitted. */
const emptyMaps = /\.(labels|annotations|matchLabels|nodeSelector|data|stringData|limits|requests)$/;

function isLeftOut(value: unknown, path: string): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value === "") return /\.env\.value$/.test(path);
  return isRecord(value) && Object.keys(value).length === 0 && emptyMaps.test(path);
}

function canonicalIn(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => canonicalIn(item, path));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, item]) => !isLeftOut(item, `${path}.${key}`))
        .map(([key, item]) => [key, canonicalIn(item, `${path}.${key}`)]),
    );
  if (!quantities.test(path) || (typeof value !== "string" && typeof value !== "number")) return value;
  return canonicalQuantity(String(value));
}

const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P"];

/** A quantity in canonical form: with the largest suffix of its kind that leaves an integer. */
export function canonicalQuantity(text: string): string {
  const [, digits = "", fraction = "", suffix = ""] = /^(\d+)(?:\.(\d*))?([A-Za-z]*)$/.exec(text) ?? [];
  const isBinary = suffix.endsWith("i");
  const suffixes = isBinary ? binary : decimal;
  let place = suffixes.indexOf(suffix);
  if (digits === "" || place === -1) return text;
  const step = isBinary ? 1024n : 1000n;
  let [number, scale] = [BigInt(digits + fraction), 10n ** BigInt(fraction.length)];
  // Down until no fraction is left, then up as long as the value is an integer.
  while (number % scale !== 0n && place > 0) {
    number *= step;
    place -= 1;
  }
  if (number % scale !== 0n) return text;
  number /= scale;
  scale = 1n;
  while (number !== 0n && number % step === 0n && place < suffixes.length - 1) {
    number /= step;
    place += 1;
  }
  return `${number}${suffixes[place]}`;
}

const internal = ["__inputs", "__initialApiVersion", "__fieldManager"];

/** The object that the API server stores: with defaults, counters and timestamps. */
export function stored(type: string, inputs: Properties, before?: Properties): Properties {
  const {
    uid = randomUUID(),
    creationTimestamp = now(),
    resourceVersion = "0",
    generation,
  } = before?.metadata ?? {};
  const object = withDefaults(type, normalized(inputs), uid, before);
  // Incremented when anything except the metadata changes.
  const isOther = before !== undefined && !isDeepStrictEqual(rest(before), rest(object));
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid,
      creationTimestamp,
      // An object with no field except its name has no field manager.
      ...(isBare(inputs) ? {} : { managedFields: [] }),
      resourceVersion: String(Number(resourceVersion) + 1),
      ...(generation !== undefined && { generation: generation + (isOther ? 1 : 0) }),
    },
  };
}

function isBare({ apiVersion: _, kind: __, metadata, ...own }: Properties): boolean {
  return (
    Object.keys(own).length === 0 && Object.keys(metadata).every((key) => ["name", "namespace"].includes(key))
  );
}

/** The part of an object that its own fields set. */
function rest(object: Properties): Properties {
  const { metadata: _, status: __, ...own } = liveOf(object);
  return own;
}

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** The provider's state of an object: the object itself, and the inputs that it was created from. */
export function checkpoint(live: Properties, inputs: Properties, before?: Properties): Properties {
  return {
    ...live,
    ...(live.kind === "Secret" && live.data !== undefined && { data: sealed(live.data) }),
    __inputs: live.kind === "Secret" ? sealed(inputs) : inputs,
    __initialApiVersion: before?.__initialApiVersion ?? inputs.apiVersion,
    __fieldManager: before?.__fieldManager ?? `pulumi-kubernetes-${randomUUID().slice(0, 8)}`,
  };
}

/** The object of a state, without the provider's own fields. */
export function liveOf(outputs: Properties): Properties {
  return Object.fromEntries(Object.entries(outputs).filter(([key]) => !internal.includes(key)));
}

/** The part of a stored object that the inputs set. */
export function pruned(live: unknown, inputs: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(inputs)) {
    if (live.length === 0 || inputs.length === 0) return [];
    return inputs.slice(0, live.length).map((item, index) => pruned(live[index], item));
  }
  if (!isRecord(live) || !isRecord(inputs)) return live;
  return Object.fromEntries(
    Object.entries(live)
      .filter(([key]) => key in inputs)
      .map(([key, value]) => [key, pruned(value, inputs[key])]),
  );
}

/** Fields whose change replaces an object, by its kind. Name and namespace replace every object. */
const replacedBy: Readonly<Record<string, readonly string[]>> = {
  DaemonSet: ["spec.selector"],
  Deployment: ["spec.selector"],
  StatefulSet: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  Job: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  PersistentVolumeClaim: ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  PersistentVolume: ["spec.csi", "spec.hostPath", "spec.local", "spec.nfs"],
  ResourceQuota: ["spec.scopes"],
  Service: ["spec.clusterIP"],
  StorageClass: ["parameters", "provisioner"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
};

/** Whether the contents of ConfigMaps and Secrets are changed in place: switches of the provider, off by default. */
export interface Mutable {
  readonly configMaps: boolean;
  readonly secrets: boolean;
}

function replacingFields({ kind, immutable }: Properties, mutable: Mutable): readonly string[] {
  const own = replacedBy[String(kind)] ?? [];
  const isFixed = (isMutable: boolean) => !isMutable || immutable === true;
  if (kind === "ConfigMap" && isFixed(mutable.configMaps)) return ["binaryData", "data"];
  if (kind === "Secret") return isFixed(mutable.secrets) ? ["type", "stringData", "data"] : ["type"];
  return own;
}

/** Compares the stored object, as far as the old inputs set it, with the new inputs. */
export function objectDiff({ inputs, outputs }: FakeState, given: Properties, mutable: Mutable): FakeDiff {
  const news = normalized(given);
  const live = liveOf(outputs);
  const olds = pruned(live, normalized(outputs.__inputs ?? inputs)) as Properties;
  const paths = ["metadata.name", "metadata.namespace", ...replacingFields(news, mutable)];
  const differences = replacing(differencesOf(olds, news), (path) => isWithin(path, ...paths));
  const isReplaced = Object.values(differences).some(isReplacing);
  const same = (key: string) => live.metadata[key] === news.metadata[key];
  return { differences, deleteBeforeReplace: isReplaced && same("name") && same("namespace") };
}

function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
