import { releaseType } from "../../../catalog/resourceTypes.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { planConfiguration } from "../../../plan/plan.ts";
import { recordProgram } from "../../../plan/record.ts";
import { opened } from "../../../plan/wire.ts";
import { validConfigurations } from "../../../test/plannedResources.ts";
import { program } from "../../program.ts";
import { type Properties, unknown } from "../fakeProvider.ts";
import { fieldPaths } from "./fields.ts";

interface Selected {
  readonly type: string;
  readonly inputs: Properties;
}

const root = new URL("../../../", import.meta.url).pathname;
const release = releaseType;

/**
 * The smallest set of Kubernetes objects of all valid configurations that has every type and every field, shortened:
 * long texts are cut, and secret and unknown values are replaced.
 */
export async function selectObjects(): Promise<Selected[]> {
  const selected: Selected[] = [];
  const covered = new Map<string, Set<string>>();
  for (const file of validConfigurations()) {
    const source = readStackFile(`${root}${file}`);
    const recorded = await recordProgram(
      { stack: "check", ...planConfiguration(source, readLab("check", source)) },
      program,
    );
    const objects = recorded
      .filter(({ custom, type }) => custom && type.startsWith("kubernetes:") && type !== release)
      .map(({ type, wireInputs }) => ({ type, inputs: shortObject(opened(wireInputs) as Properties) }))
      .map((each) => ({ ...each, paths: fieldPaths(each.inputs) }))
      .toSorted((one, other) => other.paths.length - one.paths.length);
    for (const { type, inputs, paths } of objects) {
      const known = covered.get(type) ?? new Set();
      if (paths.every((path) => known.has(path))) continue;
      covered.set(type, new Set([...known, ...paths]));
      selected.push({ type, inputs });
    }
  }
  return selected.toSorted((one, other) => rank(one) - rank(other));
}

/** Namespaces first, because the other objects are in them. */
const rank = ({ inputs }: Selected) => (inputs.kind === "Namespace" ? 0 : 1);

function shortObject(object: Properties): Properties {
  return short(object, object.kind === "Namespace" ? object.metadata.name : undefined) as Properties;
}

function short(value: unknown, namespace?: string, path: readonly string[] = []): unknown {
  const key = path.at(-1) ?? "";
  // A map that is unknown as a whole: with the keys of the kind that has rules for them, kubernetes.io/basic-auth.
  if (path.join(".") === "stringData" && typeof value === "string")
    return { username: "text", password: "text" };
  if (value === unknown) return "unknown";
  // The other objects are in the namespaces of the plan: a namespace with another name is created and deleted.
  if (value === namespace && path.join(".") === "metadata.name") return "as-planned";
  if (typeof value === "string") {
    if (path[0] === "stringData") return `text of ${key}`;
    return value.length > 100 ? `${value.slice(0, 60)}…` : value;
  }
  if (Array.isArray(value))
    return value.map((item, index) => short(item, namespace, [...path, String(index)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, short(item, namespace, [...path, name])]),
  );
}
