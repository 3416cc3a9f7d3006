import { settingsOf } from "../k3s/clusters.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue, valueAt } from "../queries/known.ts";
import { isObject, nameOf } from "../queries/kubernetesObjects.ts";
import { chartOf, isOn, releaseValue } from "../queries/releases.ts";

/** What a resource tells Longhorn of a node's disks. */
interface Declaration {
  readonly node: string | typeof unknownValue | undefined;
  readonly field: string;
  /** Undefined where it is no list of disks at all. */
  readonly disks: readonly { readonly name: unknown; readonly path: unknown }[] | undefined;
  /** Everything that is told, and where it stands. */
  readonly whole: unknown;
  readonly root: string;
}

export const declaredDisks: LessonPolicy = {
  key: "declaredDisks",
  lesson: "S5",
  description: "a node's disks are declared once, by name and path, without a diskUUID",
  severity: "critical",
  remediationSteps:
    "declare each disk once, under its node in lab:nodes, and leave identities to Longhorn, which writes its own on every disk",
  validateResource: (resource) => [...wrongDisks(resource), ...foundByItself(resource)],
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
        message: `is declared twice, here and by ${first?.resource.name}; the one that comes last wins, and duplicates lock Longhorn's UI`,
      })),
    );
  },
};

function wrongDisks(resource: PolicedResource): Violation[] {
  const declaration = declarationOf(resource);
  if (declaration === undefined) return [];
  const { field, disks, whole, root } = declaration;
  if (disks === undefined) return [{ resource, field, message: "is no list of disks" }];
  const twice = (what: "name" | "path") =>
    disks.flatMap(({ [what]: value }, index): Violation[] =>
      typeof value === "string" && disks.findIndex((other) => other[what] === value) < index
        ? [
            {
              resource,
              field,
              value,
              message: `is the ${what} of two disks of one node; duplicates lock Longhorn's UI`,
            },
          ]
        : [],
    );
  return [
    ...identities(whole, root).map((at) => ({
      resource,
      field: at,
      message: "is an identity that Longhorn has written on some disk; on any other it makes that one fail",
    })),
    ...twice("name"),
    ...twice("path"),
  ];
}

/** A chart that takes any node's root directory as a disk. */
function foundByItself(resource: PolicedResource): Violation[] {
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
          message: "lets Longhorn make a disk of the system's on every node, beside those that are declared",
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
      whole: spec,
      root: "spec",
    };
  }
  const settings = known(() => settingsOf(resource, "declare-disks.sh"));
  if (settings === undefined) return undefined;
  const whole = parsed(Buffer.from(settings.get("DISKS_B64") ?? "", "base64").toString());
  const root = "stdin.DISKS_B64";
  return {
    node: settings.get("NODE_NAME"),
    field: root,
    disks: Array.isArray(whole)
      ? itemsAt({ whole }, "whole").map((disk) => ({
          name: valueAt(disk, "name"),
          path: valueAt(disk, "path"),
        }))
      : undefined,
    whole,
    root,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Where a disk's identity is given, at any depth. */
function identities(value: unknown, at: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const here = Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`;
    return key === "diskUUID" ? [here] : identities(valueAt(value, key), here);
  });
}
