import { z } from "zod";
import { advice } from "../../config/fields.ts";
import { labSchema } from "../../config/schema.ts";
import { secretKeys } from "../../config/secretKeys.ts";

/** Every field of a lab, from the schema itself: its type, whether it must be there, and how to write it. */
export function configurationPage(): string {
  const rows: string[] = [];
  const walk = (schema: z.core.$ZodType, path: string) => {
    const { inner, optional, fallback } = unwrap(schema);
    const known = advice.get(inner);
    if (path !== "lab:") {
      const need = fallback ?? (optional ? "optional" : "required");
      rows.push(
        `| \`${path}\` | ${typeOf(inner)} | ${need} | ${known?.lesson ?? ""} | ${known?.fix ?? ""} |`,
      );
    }
    if (inner instanceof z.ZodObject)
      for (const [key, field] of Object.entries(inner.shape))
        walk(field, path === "lab:" ? `lab:${key}` : `${path}.${key}`);
    else if (inner instanceof z.ZodRecord) walk(inner.valueType, `${path}.NAME`);
    else if (inner instanceof z.ZodArray) walk(inner.element, `${path}[]`);
  };
  walk(labSchema, "lab:");
  return [
    "# Configuration",
    "",
    "A lab is one file, `Pulumi.STACK.yaml`; `Pulumi.homelab.yaml` is the example to read. Every field is checked, then all",
    "of them together; whatever is wrong is told at once, each with its place, value, lesson and fix. How the file is read,",
    "and what the CLI changes in it: [stack-file.md](stack-file.md).",
    "",
    "| field | type | | lesson | how to write it |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## Secrets",
    "",
    "Set with `npx pulumi config set --secret lab:NAME`; in clear text they are refused (C5).",
    "",
    "| key | what it is |",
    "| --- | --- |",
    ...Object.entries(secretKeys).map(([key, what]) => `| \`lab:${key}\` | ${what} |`),
    "",
  ].join("\n");
}

function unwrap(schema: z.core.$ZodType): {
  inner: z.core.$ZodType;
  optional: boolean;
  fallback: string | undefined;
} {
  if (schema instanceof z.ZodDefault) {
    const value: unknown = schema.def.defaultValue;
    return { ...unwrap(schema.unwrap()), fallback: `default \`${JSON.stringify(value)}\`` };
  }
  // A section of defaults: each field of it says its own.
  if (schema instanceof z.ZodPrefault) return { ...unwrap(schema.unwrap()), optional: true };
  if (schema instanceof z.ZodOptional) return { ...unwrap(schema.unwrap()), optional: true };
  return { inner: schema, optional: false, fallback: undefined };
}

function typeOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodObject) return "map of fields";
  if (schema instanceof z.ZodRecord) return "map by name";
  if (schema instanceof z.ZodArray) return "list";
  if (schema instanceof z.ZodEnum) return schema.options.map((option) => `\`${String(option)}\``).join(", ");
  return schema instanceof z.ZodNumber ? "number" : "text";
}
