import { z } from "zod";
import { fieldDocs, unwrap } from "../../config/fieldDocs.ts";
import { editorPatterns } from "../../config/fields.ts";
import { type RenamedField, renamedFields } from "../../config/renamedFields.ts";
import { labSchema } from "../../config/schema.ts";
import { secretKeys } from "../../config/secretKeys.ts";

/** A JSON Schema, as far as it is changed here. */
interface Schema {
  [keyword: string]: unknown;
  type?: unknown;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
}

/**
 * The JSON Schema of a whole `Pulumi.STACK.yaml`, for editors. Draft 7: the YAML language server knows later drafts in
 * part only. It accepts what the program accepts field by field; the rules over several fields are the program's alone.
 */
export function stackFileSchema(): string {
  const lab = z.toJSONSchema(labSchema, {
    target: "draft-7",
    io: "input",
    override: ({ zodSchema, jsonSchema }) => describe(zodSchema, jsonSchema as Schema),
  }) as Schema;
  delete lab.$schema;
  for (const renamed of renamedFields) addOldName(lab, renamed);
  const fields = Object.entries(lab.properties ?? {}).map(([key, field]): [string, Schema] => [
    `lab:${key}`,
    atTop(field),
  ]);
  const secrets = Object.entries(secretKeys).map(([key, description]): [string, Schema] => [
    `lab:${key}`,
    {
      description: `Secret: ${description}. Set it with \`npx pulumi config set --secret lab:${key}\`.`,
      type: "object",
      properties: { secure: { type: "string" } },
      required: ["secure"],
      additionalProperties: false,
    },
  ]);
  const schema: Schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Stack file of a lab",
    type: "object",
    properties: {
      config: {
        description: "Configuration of the stack. The keys of the program begin with lab:.",
        type: "object",
        properties: Object.fromEntries([...fields, ...secrets]),
        patternProperties: { "^pulumi:": {} },
        required: (lab.required ?? []).map((key) => `lab:${key}`),
        additionalProperties: false,
      },
      secretsprovider: { type: "string" },
      encryptedkey: { type: "string" },
      encryptionsalt: { type: "string" },
    },
    required: ["config"],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Adds the documentation of a field to its schema. */
function describe(zodSchema: z.core.$ZodType, schema: Schema): void {
  const form = editorPatterns.get(unwrap(zodSchema));
  if (form !== undefined) schema.pattern = form.pattern;
  const doc = fieldDocs.get(zodSchema);
  if (doc === undefined) return;
  const unit = doc.unit === undefined || doc.unit === "none" ? [] : [`Unit: ${doc.unit}.`];
  const omitted = doc.omitted === undefined ? [] : [`Without it: ${doc.omitted}`];
  schema.description = [doc.meaning, ...unit, ...omitted, `A later change: ${doc.change}`].join("\n");
  if (doc.example !== undefined) schema.examples = [doc.example];
}

/** The CLI writes a boolean directly below `config:` in quotes (docs/reference/stack-file.md). */
function atTop(field: Schema): Schema {
  if (field.type !== "boolean") return field;
  const { type, ...rest } = field;
  return { ...rest, anyOf: [{ type }, { enum: ["true", "false"] }] };
}

/** Adds the old name of a field next to the new one, as deprecated. */
function addOldName(lab: Schema, { path, name, values }: RenamedField): void {
  const section = path.slice(0, -1).reduce<Schema | undefined>((schema, part) => {
    const inner = part === "*" ? schema?.additionalProperties : schema?.properties?.[part];
    return typeof inner === "object" ? inner : undefined;
  }, lab);
  const field = section?.properties?.[name];
  const old = path.at(-1);
  if (section?.properties === undefined || field === undefined || old === undefined)
    throw new Error(`the JSON Schema has no place for ${path.join(".")}`);
  const { examples: _, default: __, ...form } = field;
  section.properties[old] = {
    ...form,
    ...(values !== undefined && { enum: [...new Set([...Object.keys(values), ...(form.enum as string[])])] }),
    description: `Old name of ${name}. The next release does not read it.`,
    deprecated: true,
  };
  if (section.required?.includes(name)) {
    section.required = section.required.filter((key) => key !== name);
    section.oneOf = [{ required: [name] }, { required: [old] }];
  }
}
