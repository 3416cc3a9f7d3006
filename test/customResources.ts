import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { definitionSchema } from "./definitionSchema.ts";
import { nearName } from "./nearName.ts";
import { compile, type SchemaProblem, type Validate } from "./strictSchema.ts";

/** An object as Kubernetes gets it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** What is known of one kind. */
interface Definition {
  readonly validate: Validate;
  /** Undefined where the source does not tell. */
  readonly scope: "Namespaced" | "Cluster" | undefined;
}

/** Groups that every API server has, and that the SDK has types for. */
const builtIn =
  /^(apps|autoscaling|batch|policy|(?:admissionregistration|apiextensions|authentication|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|networking|node|rbac\.authorization|resource|scheduling|storage)\.k8s\.io|apiregistration\.k8s\.io)$/;

/** Whether an object's kind comes from a CustomResourceDefinition. */
export function isCustom({ apiVersion }: { readonly apiVersion: string }): boolean {
  const { group } = split(apiVersion);
  return group !== "" && !builtIn.test(group);
}

/**
 * Real definitions, from a folder that has them as `GROUP/PLURAL.GROUP.yaml`, and as `json-schema/GROUP/KIND_VERSION.json`
 * where only the converted form is to be had. Each is read and compiled when the first object of its kind comes by:
 * some are half a megabyte.
 */
export class Definitions {
  readonly #folder: string;
  readonly #known = new Map<string, Definition | SchemaProblem>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether anything is known of a group. */
  serves(group: string): boolean {
    return existsSync(`${this.#folder}/${group}`) || existsSync(`${this.#folder}/json-schema/${group}`);
  }

  /** What the API server would refuse or drop of an object, a kind and a version that nothing serves too. */
  check(object: KubernetesObject): SchemaProblem[] {
    const id = `${object.apiVersion}/${object.kind}`;
    const definition = this.#known.get(id) ?? this.#find(object);
    this.#known.set(id, definition);
    if ("message" in definition) return [definition];
    return [...definition.validate(object), ...misplaced(object, definition)];
  }

  #find({ apiVersion, kind }: KubernetesObject): Definition | SchemaProblem {
    const { group, version } = split(apiVersion);
    if (!this.serves(group))
      return { path: "apiVersion", message: `no definition of the group ${group} is at hand` };
    return this.#fromDefinitions(group, version, kind) ?? this.#fromSchemas(group, version, kind);
  }

  #fromDefinitions(group: string, version: string, kind: string): Definition | SchemaProblem | undefined {
    const folder = `${this.#folder}/${group}`;
    if (!existsSync(folder)) return undefined;
    // The kind is found in the text, so that one file is parsed and not all of the group's.
    const texts = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, "utf8"));
    const kindOf = (text: string) => /^ {4}kind: (\S+)$/m.exec(text)?.[1] ?? "";
    const text = texts.find((one) => kindOf(one) === kind);
    if (text === undefined) return noKind(kind, group, texts.map(kindOf));
    const { spec } = parse(text) as CustomResourceDefinition;
    const served = spec.versions.filter((one) => one.served);
    const found = served.find(({ name }) => name === version);
    if (found === undefined)
      return notServed(
        kind,
        version,
        served.map(({ name }) => name),
      );
    return { validate: compile(definitionSchema(found.schema.openAPIV3Schema)), scope: spec.scope };
  }

  #fromSchemas(group: string, version: string, kind: string): Definition | SchemaProblem {
    const folder = `${this.#folder}/json-schema/${group}`;
    const names = readdirSync(folder).map((file) => file.replace(/\.json$/, "").split("_"));
    const versions = names.filter(([own]) => own === kind.toLowerCase()).map(([, own]) => own ?? "");
    if (versions.length === 0) return noKind(kind, group, [...new Set(names.map(([own]) => own ?? ""))]);
    if (!versions.includes(version)) return notServed(kind, version, versions);
    const text = readFileSync(`${folder}/${kind.toLowerCase()}_${version}.json`, "utf8");
    return {
      validate: compile(definitionSchema(JSON.parse(text) as Record<string, unknown>)),
      scope: undefined,
    };
  }
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly scope: "Namespaced" | "Cluster";
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Record<string, unknown> };
    }[];
  };
}

function split(apiVersion: string): { group: string; version: string } {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

/** An object in a namespace that its kind has no use for, or in none. */
function misplaced({ kind, metadata }: KubernetesObject, { scope }: Definition): SchemaProblem[] {
  const path = "metadata.namespace";
  if (scope === "Namespaced" && metadata?.namespace === undefined)
    return [{ path, message: `is missing: a ${kind} would land in the namespace default` }];
  if (scope === "Cluster" && metadata?.namespace !== undefined)
    return [{ path, message: `a ${kind} belongs to the cluster and to no namespace` }];
  return [];
}

function noKind(kind: string, group: string, kinds: readonly string[]): SchemaProblem {
  const near = nearName(kind, kinds);
  return {
    path: "kind",
    message: `${group} has no ${kind}${near === undefined ? "" : `; did you mean ${near}?`}`,
  };
}

function notServed(kind: string, version: string, versions: readonly string[]): SchemaProblem {
  return {
    path: "apiVersion",
    message: `${kind} is not served as ${version}, but as ${versions.join(", ")}`,
  };
}
