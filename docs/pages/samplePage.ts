import { z } from "zod";
import { fieldDocs, unwrap } from "../../config/fieldDocs.ts";
import { labSchema } from "../../config/schema.ts";
import { sampleLab } from "./sampleLab.ts";
import { yamlText } from "./yamlText.ts";

const width = 110;
const keyIndent = "  ";

/**
 * A stack file with every field: those of a sample lab with their values, and all others with an example, behind a `#`.
 * A comment has one space after the `#`; a disabled line has none, or its indentation.
 */
export function samplePage(): string {
  return [
    "# yaml-language-server: $schema=../../schema/pulumi-stack.schema.json",
    ...comment(
      "A stack file with every field. Copy it to Pulumi.STACK.yaml, and change $schema to schema/pulumi-stack.schema.json. Lines such as #key: value, and the lines below them that begin with # and two spaces, are fields that this lab does not set, with an example. What a later change of each field does: docs/reference/configuration.md. Secrets: docs/tutorial/build-your-lab.md.",
      "",
    ),
    "config:",
    "  # The program creates these providers itself, so that none of them uses a kubeconfig of a home directory.",
    "  pulumi:disable-default-providers: [kubernetes, proxmoxve]",
    ...fieldsOf(labSchema, sampleLab, keyIndent, (key) => `lab:${key}`),
    "",
  ].join("\n");
}

type Values = Readonly<Record<string, unknown>>;

/** The fields of a map, each with its comment; those without a value in `values` behind a `#`. */
function fieldsOf(
  content: z.ZodObject,
  values: Values,
  indent: string,
  keyOf: (key: string) => string = (key) => key,
): string[] {
  return Object.entries(content.shape).flatMap(([key, schema]) => {
    const value = values[key];
    const lines = [
      ...comment(about(schema), indent),
      ...(value === undefined
        ? written(keyOf(key), schema, exampleOf(schema), indent).map((line) => disabled(line, indent))
        : written(keyOf(key), schema, value, indent)),
    ];
    // An empty line before every key of the file.
    return indent === keyIndent ? ["", ...lines] : lines;
  });
}

/** `KEY: VALUE` in one line, or a section with its fields. Entries of a map or list after the first have no comments. */
function written(key: string, schema: z.core.$ZodType, value: unknown, indent: string): string[] {
  const inner = unwrap(schema);
  const deeper = `${indent}  `;
  const content = (each: z.core.$ZodType, fields: unknown, at: string) =>
    fieldsOf(unwrap(each) as z.ZodObject, fields as Values, at);
  if (inner instanceof z.ZodObject) return [`${indent}${key}:`, ...content(inner, value, deeper)];
  if (inner instanceof z.ZodRecord && unwrap(inner.valueType) instanceof z.ZodObject) {
    const [[name, first] = ["NAME", {}], ...others] = Object.entries(value as Values);
    return [
      `${indent}${key}:`,
      `${deeper}${name}:`,
      ...content(inner.valueType, first, `${deeper}  `),
      ...others.map(([other, fields]) => `${deeper}${other}: ${yamlText(fields)}`),
    ];
  }
  if (inner instanceof z.ZodArray && unwrap(inner.element) instanceof z.ZodObject) {
    const [first, ...others] = value as Values[];
    return [
      `${indent}${key}:`,
      `${deeper}-`,
      ...content(inner.element, first, `${deeper}  `),
      ...others.map((each) => `${deeper}- ${yamlText(each)}`),
    ];
  }
  return [`${indent}${key}: ${yamlText(value)}`];
}

/** The example of a field, or one made of the examples of a section's fields. */
function exampleOf(schema: z.core.$ZodType): unknown {
  const example = fieldDocs.get(schema)?.example;
  if (example !== undefined) return example;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return { name: exampleOf(inner.valueType) };
  if (inner instanceof z.ZodArray) return [exampleOf(inner.element)];
  return Object.fromEntries(
    Object.entries((inner as z.ZodObject).shape).map(([key, field]) => [key, exampleOf(field)]),
  );
}

function about(schema: z.core.$ZodType): string {
  const doc = fieldDocs.get(schema);
  const unit = doc?.unit === undefined || doc.unit === "none" ? "" : ` Unit: ${doc.unit}.`;
  const fallback =
    schema instanceof z.ZodDefault
      ? ` Default: ${yamlText(schema.def.defaultValue)}.`
      : doc?.omitted === undefined
        ? ""
        : ` Without it: ${doc.omitted}`;
  return `${doc?.meaning ?? ""}${unit}${fallback}`.replaceAll("`", "");
}

function disabled(line: string, indent: string): string {
  return `${indent}#${line.slice(indent.length)}`;
}

/** A text as comment lines. */
function comment(text: string, indent: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && `${indent}# ${last} ${word}`.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${indent}# ${line}`);
}
