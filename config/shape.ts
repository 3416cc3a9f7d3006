import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Diagnostic } from "./diagnostic.ts";
import { unwrap } from "./fieldDocs.ts";
import { advice } from "./fields.ts";
import { forbiddenFields, type LabConfig, labSchema } from "./schema.ts";

/** Checks types and forms, field by field. `values` are the keys under `lab:`, without the secrets. */
export function checkShape(values: Readonly<Record<string, unknown>>): LabConfig | Diagnostic[] {
  const result = labSchema.safeParse(values);
  return result.success ? result.data : result.error.issues.flatMap((issue) => diagnosticsOf(issue, values));
}

/** A path as the stack file writes it: `lab:nodes.k3s-worker01.disks[0].name`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((written, part, index) => {
    if (typeof part === "number") return `${written}[${part}]`;
    return index === 0 ? `lab:${String(part)}` : `${written}.${String(part)}`;
  }, "");
}

function diagnosticsOf(issue: z.core.$ZodIssue, values: unknown): Diagnostic[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownField([...issue.path, key], values));
  // A malformed key of a record: the key schema of the record has the advice.
  if (issue.code === "invalid_key") {
    const key = String(issue.path.at(-1));
    const inner = issue.issues[0];
    const known = keyAdviceAt(issue.path);
    return [
      {
        path: formatPath(issue.path),
        value: JSON.stringify(key),
        lesson: known?.lesson ?? null,
        message: `the key ${inner?.message ?? "is malformed"}`,
        fix: known?.fix ?? "rename the key",
      },
    ];
  }
  const value = valueAt(values, issue.path);
  const known = adviceAt(issue.path);
  const missing = value === undefined;
  const advised =
    missing && known === undefined
      ? "add it: see docs/reference/configuration.md"
      : (known?.fix ?? "see docs/reference/configuration.md");
  // A serial of digits, or a label `true`: YAML reads them as text in quotes only.
  const isUnquoted =
    issue.code === "invalid_type" &&
    issue.expected === "string" &&
    (typeof value === "number" || typeof value === "boolean");
  const diagnostic = {
    path: formatPath(issue.path),
    lesson: known?.lesson ?? null,
    message: missing ? "is missing" : sentence(issue),
    fix: isUnquoted
      ? `${advised}; if the value is meant as text, put it in quotes, or set it with --type string`
      : advised,
  };
  return [missing ? diagnostic : { ...diagnostic, ...shown(issue.path, value) }];
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_type") return issue.message;
  return issue.message.startsWith("is ") ? issue.message : `is not ${article(issue.expected)}`;
}

function article(expected: string): string {
  if (expected === "array") return "a list";
  if (expected === "object" || expected === "record") return "a map";
  return `a ${expected}`;
}

function unknownField(path: readonly PropertyKey[], values: unknown): Diagnostic {
  const field = String(path.at(-1));
  const forbidden = Object.hasOwn(forbiddenFields, field) ? forbiddenFields[field] : undefined;
  const siblings = siblingsAt(path.slice(0, -1));
  const near = siblings.toSorted((one, other) => distance(one, field) - distance(other, field))[0];
  const meant = near !== undefined && distance(near, field) <= 2 ? `did you mean ${near}? ` : "";
  return {
    path: formatPath(path),
    ...shown(path, valueAt(values, path)),
    lesson: forbidden?.lesson ?? null,
    message: forbidden === undefined ? "is an unknown field" : "is a forbidden field",
    fix:
      forbidden?.fix ??
      (path.length === 1 && /[.[]/.test(field)
        ? `remove it; a field in a section is set with --path: pulumi config set --path 'lab:${field}' VALUE`
        : `${meant}the fields here are ${siblings.join(", ")}`),
  };
}

/** The schema at a path, without the wrappers of its parents. */
function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = labSchema;
  for (const part of path) {
    const parent: z.core.$ZodType | undefined = schema && unwrap(schema);
    if (parent instanceof z.ZodObject) schema = parent.shape[String(part)];
    else if (parent instanceof z.ZodRecord) schema = parent.valueType;
    else if (parent instanceof z.ZodArray) schema = parent.element;
    else return undefined;
  }
  return schema && unwrap(schema);
}

function adviceAt(path: readonly PropertyKey[]) {
  const schema = schemaAt(path);
  return schema && advice.get(schema);
}

function keyAdviceAt(path: readonly PropertyKey[]) {
  const record = schemaAt(path.slice(0, -1));
  return record instanceof z.ZodRecord ? advice.get(record.keyType) : undefined;
}

function siblingsAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    values,
  );
}

/** Names of fields whose values no message shows, whether the schema has such a field or not (C5). */
const secretName = /secret|password|passwd|passphrase|token|credential|(api|private|access|encryption)_?key/i;

/** Whether the value at a path is kept out of every message (C5). */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  return path.some((part) => secretName.test(String(part)));
}

/** A text without the user information of its URLs. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//[secret]@");
}

/** A value as text for a diagnostic: shortened, without nested secrets; none for a field that is a secret itself. */
function shown(path: readonly PropertyKey[], value: unknown): { value?: string } {
  if (isSecretPath(path)) return {};
  const inner = (key: string, each: unknown) =>
    key !== "" && secretName.test(key)
      ? "[secret]"
      : typeof each === "string"
        ? withoutCredentials(each)
        : each;
  const text = JSON.stringify(value, inner) ?? String(value);
  return { value: text.length > 80 ? `${text.slice(0, 77)}…` : text };
}
