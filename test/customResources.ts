import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { definitionSchema } from "./definitionSchema.ts";
import { nearName } from "./nearName.ts";
import { compile, type SchemaProblem, type Validate } from "./strictSchema.ts";

/** An object as the Kubernetes API receives it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** The definition of one kind. */
interface Definition {
  readonly validate: Validate;
  readonly scope: "Namespaced" | "Cluster";
}

/** API groups that every API server has, and that the SDK has types for. */
const builtIn =
  /^(apps|autoscaling|batch|policy|(?:admissionregistration|apiextensions|authentication|authorization|certificates|coordination|discovery|events|flowcontrol\.apiserver|networking|node|rbac\.authorization|resource|scheduling|storage)\.k8s\.io|apiregistration\.k8s\.io)$/;

/** Whether an object's kind comes from a CustomResourceDefinition. */
export function isCustom({ apiVersion }: { readonly apiVersion: string }): boolean {
  const { group } = split(apiVersion);
  return group !== "" && !builtIn.test(group);
}

/**
 * Real definitions from a folder that has them as `GROUP/FILE.yaml`. Each is read and compiled when the first object
 * of its kind is checked, because some have half a megabyte.
 */
export class Definitions {
  readonly #folder: string;
  readonly #known = new Map<string, Definition | SchemaProblem>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether a group has definitions. */
  serves(group: string): boolean {
    return existsSync(`${this.#folder}/${group}`);
  }

  /** What the API server would reject or drop of an object, including an unknown kind or version. */
  check(object: KubernetesObject): SchemaProblem[] {
    const id = `${object.apiVersion}/${object.kind}`;
    const definition = this.#known.get(id) ?? this.#find(object);
    this.#known.set(id, definition);
    if ("message" in definition) return [definition];
    return [...definition.validate(object), ...misplaced(object, definition)];
  }

  #find({ apiVersion, kind }: KubernetesObject): Definition | SchemaProblem {
    const { group, version } = split(apiVersion);
    if (!this.serves(group)) return { path: "apiVersion", message: `the group ${group} has no definition` };
    const folder = `${this.#folder}/${group}`;
    // The kind is searched in the text, so that one file is parsed and not every file of the group.
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

/** A cluster-scoped object with a namespace, or a namespaced object without one. */
function misplaced({ kind, metadata }: KubernetesObject, { scope }: Definition): SchemaProblem[] {
  const path = "metadata.namespace";
  if (scope === "Namespaced" && metadata?.namespace === undefined)
    return [{ path, message: `is missing: the ${kind} would be created in the namespace default` }];
  if (scope === "Cluster" && metadata?.namespace !== undefined)
    return [{ path, message: `a ${kind} is cluster-scoped and has no namespace` }];
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
    message: `${kind} is served as ${versions.join(", ")}, not as ${version}`,
  };
}
