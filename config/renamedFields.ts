import type { Diagnostic } from "./diagnostic.ts";
import { formatPath } from "./shape.ts";

/** A field that has another name since this release. */
export interface RenamedField {
  /** The old path, from the key below `lab:`; `*` stands for any name. */
  readonly path: readonly string[];
  readonly name: string;
  /** New values by old value, where these changed too. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Old names that this release still reads. The next release removes them. */
export const renamedFields: readonly RenamedField[] = [
  { path: ["nodes", "*", "born"], name: "rebuild" },
  { path: ["cluster", "podRouting"], name: "routingMode", values: { vxlan: "tunnel" } },
  { path: ["ingress", "gateway"], name: "gatewayClass" },
  { path: ["storage", "backupLimitHours"], name: "maxBackupAgeHours" },
  { path: ["backup", "life"], name: "generation" },
  ...["hourly", "daily", "weekly"].map((schedule) => ({
    path: ["backup", "schedules", schedule, "limitMinutes"],
    name: "timeoutMinutes",
  })),
  { path: ["backup", "schedules", "hourly", "keepHours"], name: "ttlHours" },
  { path: ["backup", "schedules", "daily", "keepDays"], name: "ttlDays" },
  { path: ["backup", "schedules", "weekly", "keepDays"], name: "ttlDays" },
  { path: ["restore", "life"], name: "generation" },
  { path: ["restore", "scope"], name: "includedNamespaces" },
  { path: ["restore", "over"], name: "overwrite" },
  { path: ["registry", "ownGiB"], name: "imagesGiB" },
];

type Values = Readonly<Record<string, unknown>>;

/** One old name in a configuration. */
interface OldName {
  /** The path as the stack file writes it, such as `lab:nodes.worker1.born`. */
  readonly old: string;
  /** The path with the new name. */
  readonly now: string;
  /** The new name, with the new value where that changed. */
  readonly entry: string;
}

/** The values of a configuration under the new names, with the old names that it uses. */
export interface RenamedValues {
  readonly values: Values;
  readonly oldNames: readonly OldName[];
  /** Fields that are set under both names. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Moves every value from an old field name to the new one. */
export function renameFields(given: Values): RenamedValues {
  const oldNames: OldName[] = [];
  const diagnostics: Diagnostic[] = [];
  const rename = (
    section: unknown,
    [key = "", ...rest]: readonly string[],
    at: readonly string[],
    renamed: RenamedField,
  ): unknown => {
    const { name, values } = renamed;
    if (typeof section !== "object" || section === null || Array.isArray(section)) return section;
    const map = section as Values;
    if (rest.length > 0)
      return Object.fromEntries(
        Object.entries(map).map(([each, inner]) => [
          each,
          key === "*" || key === each ? rename(inner, rest, [...at, each], renamed) : inner,
        ]),
      );
    if (!Object.hasOwn(map, key)) return map;
    const { [key]: moved, ...others } = map;
    const [old, now] = [formatPath([...at, key]), formatPath([...at, name])];
    if (Object.hasOwn(map, name)) {
      diagnostics.push({
        path: old,
        lesson: null,
        message: `is the old name of ${name}, and ${now} is set too`,
        fix: `remove ${key}, and keep ${name}`,
      });
      return others;
    }
    const value = typeof moved === "string" ? values?.[moved] : undefined;
    oldNames.push({ old, now, entry: value === undefined ? name : `${name}: ${value}` });
    return { ...others, [name]: value ?? moved };
  };
  const values = renamedFields.reduce<Values>(
    (changed, renamed) => rename(changed, renamed.path, [], renamed) as Values,
    given,
  );
  return { values, oldNames, diagnostics };
}

/** Diagnostics with every path as the stack file writes it. */
export function underOldNames(
  diagnostics: readonly Diagnostic[],
  oldNames: readonly OldName[],
): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => {
    const found = oldNames.find(
      ({ now }) => diagnostic.path.startsWith(now) && /^([.[]|$)/.test(diagnostic.path.slice(now.length)),
    );
    return found === undefined
      ? diagnostic
      : { ...diagnostic, path: `${found.old}${diagnostic.path.slice(found.now.length)}` };
  });
}

/** The warning about old field names in a configuration; undefined where it has none. */
export function oldNamesWarning(source: {
  readonly name: string;
  readonly values: Values;
}): string | undefined {
  const { oldNames } = renameFields(source.values);
  if (oldNames.length === 0) return undefined;
  const lines = oldNames.map(({ old, entry }) => `  ${old}: write ${entry}`);
  return [
    `${source.name} uses old field names, which the next release does not read any more`,
    ...lines,
    "  fix: rename these fields in the stack file",
  ].join("\n");
}
