import { settingsOf } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue, valueAt } from "../queries/known.ts";
import { isObject, nameOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn, releaseValue } from "../queries/releases.ts";

/** A resource's declaration of a node's disks for Longhorn. */
interface Declaration {
  readonly node: string | typeof unknownValue | undefined;
  readonly field: string;
  /** Undefined where it is not a list of disks. */
  readonly disks: readonly { readonly name: unknown; readonly path: unknown }[] | undefined;
  /** The declaration itself, and its field. */
  readonly content: unknown;
  readonly root: string;
}

export const declaredDisks: LessonPolicy = {
  key: "declaredDisks",
  lesson: "S5",
  description: "a node's disks are declared once, by name and path, without a diskUUID",
  severity: "critical",
  remediationSteps:
    "declare each disk once, under its node in lab:nodes, without a diskUUID; Longhorn writes its own on every disk",
  validateResource: (resource) => [...diskViolations(resource), ...defaultDiskViolations(resource)],
  validateStack: (resources) => {
    const declared = resources.flatMap((resource) => {
      const declaration = declarationOf(resource);
      return typeof declaration?.node === "string"
        ? [{ resource, field: declaration.field, node: declaration.node }]
        : [];
    });
    return [...Map.groupBy(declared, ({ node }) => node)].flatMap(([node, [first, ...others]]) =>
      others.map(({ resource, field }) => ({
        resource,
        field,
        value: node,
        message: `is a node whose disks ${first?.resource.name} already declares; the last declaration overwrites the first, and duplicate disks lock Longhorn's UI`,
      })),
    );
  },
};

function diskViolations(resource: PolicedResource): Violation[] {
  const declaration = declarationOf(resource);
  if (declaration === undefined) return [];
  const { field, disks, content, root } = declaration;
  if (disks === undefined) return [{ resource, field, message: "is not a list of disks" }];
  const duplicates = (key: "name" | "path") =>
    disks.flatMap(({ [key]: value }, index): Violation[] =>
      typeof value === "string" && disks.findIndex((other) => other[key] === value) < index
        ? [
            {
              resource,
              field,
              value,
              message: `is the ${key} of two disks of one node, and duplicate disks lock Longhorn's UI`,
            },
          ]
        : [],
    );
  return [
    ...diskUuidFields(content, root).map((field) => ({
      resource,
      field,
      message: "is the ID that Longhorn has written on one disk; any other disk with this ID fails",
    })),
    ...duplicates("name"),
    ...duplicates("path"),
  ];
}

/** Violations of a Longhorn release that creates a default disk on the system disk of every node. */
function defaultDiskViolations(resource: PolicedResource): Violation[] {
  if (chartOf(resource) !== "longhorn") return [];
  const field = ["defaultSettings", "createDefaultDiskLabeledNodes"];
  const value: unknown = releaseValue(resource, ...field);
  return value === unknownValue || isOn(value)
    ? []
    : [
        {
          resource,
          field: ["values", ...field].join("."),
          ...(value === undefined ? {} : { value }),
          message:
            "is not true, so Longhorn creates a default disk on the system disk of every node in addition to the declared disks",
        },
      ];
}

function declarationOf(resource: PolicedResource): Declaration | undefined {
  if (isObject(resource, "longhorn.io", "Node")) {
    const spec: unknown = valueAt(resource.props, "spec");
    const disks: unknown = valueAt(spec, "disks");
    const names = typeof disks === "object" && disks !== null ? Object.keys(disks) : [];
    return {
      node: nameOf(resource),
      field: "spec.disks",
      disks: names.map((name) => ({ name, path: valueAt(disks, name, "path") })),
      content: spec,
      root: "spec",
    };
  }
  const settings = known(() => settingsOf(resource, "declare-disks.sh"));
  if (settings === undefined) return undefined;
  const content = parseJson(Buffer.from(settings.get("DISKS_B64") ?? "", "base64").toString());
  const root = "stdin.DISKS_B64";
  return {
    node: settings.get("NODE_NAME"),
    field: root,
    disks: Array.isArray(content)
      ? itemsAt({ content }, "content").map((disk) => ({
          name: valueAt(disk, "name"),
          path: valueAt(disk, "path"),
        }))
      : undefined,
    content,
    root,
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The fields with a disk's ID, at any depth. */
function diskUuidFields(value: unknown, at: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const here = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
    return key === "diskUUID" ? [here] : diskUuidFields(valueAt(value, key), here);
  });
}
