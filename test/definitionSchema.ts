import type { Schema } from "./strictSchema.ts";

type Node = Readonly<Record<string, unknown>>;

/** Fields that a program may write and that every object has; the API server fills in the others. */
const everyObject = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string" },
      namespace: { type: "string" },
      labels: { type: "object", additionalProperties: { type: "string" } },
      annotations: { type: "object", additionalProperties: { type: "string" } },
    },
    additionalProperties: false,
  },
};

/**
 * One version's schema of a CustomResourceDefinition as a JSON Schema that rejects what the API server rejects, and
 * fields that the API server would silently drop because the definition does not have them. A program must not write
 * the status. CEL rules are left to a real API server.
 */
export function definitionSchema(openApi: Node): Schema {
  const { properties = {}, required = [], ...rest } = openApi;
  const { apiVersion, kind, metadata, status, ...own } = properties as Node;
  const written = structure({ ...rest, type: "object", properties: own });
  return {
    ...written,
    properties: { ...(written.properties as Node), ...everyObject },
    required: [...new Set([...Object.keys(everyObject), ...(required as string[])])],
  };
}

/**
 * Keywords with the same meaning in both. Logical keywords contain conditions and no structure, so they stay
 * unchanged.
 */
const same = [
  ...["type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "minItems"],
  ...["maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "default", "description"],
  ...["allOf", "anyOf", "oneOf", "not"],
];

function structure(node: Node): Node {
  const result: Record<string, unknown> = {};
  for (const keyword of same) if (keyword in node) result[keyword] = node[keyword];
  for (const [keyword, exclusive] of Object.entries(limits)) {
    if (typeof node[exclusive] === "number") result[exclusive] = node[exclusive];
    if (node[exclusive] !== true) continue;
    // In OpenAPI 3.0 a flag next to the limit, in JSON Schema a limit of its own.
    result[exclusive] = node[keyword];
    delete result[keyword];
  }
  if (node["x-kubernetes-int-or-string"] === true) result.type = ["integer", "string"];
  if (node.nullable === true) {
    if (typeof result.type === "string") result.type = [result.type, "null"];
    if (Array.isArray(result.enum)) result.enum = [...result.enum, null];
  }
  if (isNode(node.items)) result.items = structure(node.items);
  const properties = {
    ...(node["x-kubernetes-embedded-resource"] === true
      ? { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: openObject }
      : {}),
    ...(node.properties as Node | undefined),
  };
  const names = Object.entries(properties) as [string, Node][];
  if (names.length > 0)
    result.properties = Object.fromEntries(names.map(([name, inner]) => [name, structure(inner)]));
  const open = node["x-kubernetes-preserve-unknown-fields"] === true;
  if (isNode(node.additionalProperties)) result.additionalProperties = structure(node.additionalProperties);
  else if (node.additionalProperties !== undefined) result.additionalProperties = node.additionalProperties;
  else if ((node.type === "object" || names.length > 0) && !open) result.additionalProperties = false;
  return result;
}

const limits = { minimum: "exclusiveMinimum", maximum: "exclusiveMaximum" } as const;

const openObject: Node = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
