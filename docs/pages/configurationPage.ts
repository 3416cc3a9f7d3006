import { z } from "zod";
import { lessonPage } from "../../catalog/lessons.ts";
import { type FieldDoc, fieldDocs, unwrap } from "../../config/fieldDocs.ts";
import { advice } from "../../config/fields.ts";
import { renamedFields } from "../../config/renamedFields.ts";
import { labSchema } from "../../config/schema.ts";
import { secretKeys } from "../../config/secretKeys.ts";
import { yamlText } from "./yamlText.ts";

type Key = keyof typeof labSchema.shape;

/** The topics of the page, in its order, each with its keys under `lab:`. */
const topics: readonly (readonly [title: string, keys: readonly Key[]])[] = [
  ["The lab", ["domain", "production", "teardown", "exemptions"]],
  ["Networks", ["networks", "reserved", "dns"]],
  ["Proxmox hosts", ["proxmox"]],
  ["Nodes", ["nodes", "ssh"]],
  ["K3s", ["cluster"]],
  ["Gateway and certificates", ["ingress", "certificates", "tailscale"]],
  ["Storage", ["storage"]],
  ["Container registry", ["registry"]],
  ["Users and access", ["identity"]],
  ["Databases and services", ["data", "itil", "mcp"]],
  ["Backup and restore", ["backup", "restore"]],
];

/** Every field of a lab, by topic: its meaning, form, default value, example, and the effect of a later change. */
export function configurationPage(): string {
  const missing = Object.keys(labSchema.shape).filter(
    (key) => !topics.some(([, keys]) => keys.some((each) => each === key)),
  );
  if (missing.length > 0)
    throw new Error(`docs/pages/configurationPage.ts has no topic for ${missing.join(", ")}`);
  return [
    "# Configuration",
    "",
    "A lab is one file, `Pulumi.STACK.yaml`, whose keys begin with `lab:`. A file with every field and a comment for each:",
    "[sample.yaml](sample.yaml). How the file is read, and what the CLI changes in it: [stack-file.md](stack-file.md).",
    "",
    "The program checks every field, then all of them together, and reports all errors at once, each with its path, value,",
    "lesson and fix. In the paths below, `NAME` is a name of your choice, and `[]` is an entry of a list.",
    "",
    "An editor with the YAML language server completes and checks the file by the JSON Schema of this page. Put this line first:",
    "",
    "```yaml",
    "# yaml-language-server: $schema=schema/pulumi-stack.schema.json",
    "```",
    "",
    ...topics.map(([title]) => `- [${title}](#${title.toLowerCase().replaceAll(" ", "-")})`),
    "- [Secrets](#secrets)",
    "- [Renamed fields](#renamed-fields)",
    "",
    ...topics.flatMap(([title, keys]) => topic(title, keys)),
    "## Secrets",
    "",
    "Set with `npx pulumi config set --secret lab:NAME`. In clear text they are refused (C5).",
    "",
    "| key | value |",
    "| --- | --- |",
    ...Object.entries(secretKeys).map(([key, what]) => `| \`lab:${key}\` | ${what} |`),
    "",
    "## Renamed fields",
    "",
    "This release reads the old names with a warning. The next release does not read them.",
    "",
    "| old name | new name |",
    "| --- | --- |",
    ...renamedFields.map(({ path, name, values }) => {
      const changed = Object.entries(values ?? {}).map(([old, now]) => `; \`${old}\` is now \`${now}\``);
      return `| \`${path.map((part) => (part === "*" ? "NAME" : part)).join(".")}\` | \`${name}\`${changed.join("")} |`;
    }),
    "",
  ].join("\n");
}

function topic(title: string, keys: readonly Key[]): string[] {
  // Single fields first, so that they do not look like a part of the section before them.
  const [single, sections] = [true, false].map((isSingle) =>
    keys.filter((key) => (documented(labSchema.shape[key]).example !== undefined) === isSingle),
  ) as [Key[], Key[]];
  return [
    `## ${title}`,
    "",
    ...single.flatMap((key) => entry(`lab:${key}`, labSchema.shape[key])),
    ...(single.length > 0 ? [""] : []),
    ...sections.flatMap((key) => part(`lab:${key}`, labSchema.shape[key])),
  ];
}

/** A section with its fields, then the sections in it. */
function part(path: string, schema: z.core.$ZodType): string[] {
  const { meaning, change } = documented(schema);
  const [inner, suffix] = contentOf(schema);
  const here = `${path}${suffix}`;
  const all = Object.entries(inner.shape);
  const isSection = ([, field]: [string, z.core.$ZodType]) => documented(field).example === undefined;
  const own = all.filter((each) => !isSection(each));
  return [
    `### \`${here}\``,
    "",
    [meaning, need(schema)].join(" "),
    "",
    ...(change === "See its fields." ? [] : [`*A later change:* ${change}`, ""]),
    ...own.flatMap(([key, field]) => entry(key, field)),
    ...(own.length > 0 ? [""] : []),
    ...all.filter(isSection).flatMap(([key, field]) => part(`${here}.${key}`, field)),
  ];
}

/** The map of fields in a section, and how its path continues: a name or an index comes before the fields. */
function contentOf(schema: z.core.$ZodType): [content: z.ZodObject, suffix: string] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return [unwrap(inner.valueType) as z.ZodObject, ".NAME"];
  if (inner instanceof z.ZodArray) return [unwrap(inner.element) as z.ZodObject, "[]"];
  return [inner as z.ZodObject, ""];
}

function entry(name: string, schema: z.core.$ZodType): string[] {
  const { meaning, change, unit, example } = documented(schema);
  const inner = unwrap(schema);
  const known = adviceOf(inner);
  const lesson =
    known?.lesson === undefined
      ? ""
      : ` ([${known.lesson}](${lessonPage(known.lesson).replace(/^docs/, "..")}))`;
  const type = unit === undefined || unit === "none" ? typeOf(inner) : `${typeOf(inner)}, ${unit}`;
  return [
    `- **\`${name}\`** (${type}). ${meaning} ${need(schema)}`,
    ...(known === undefined ? [] : [`  - *Form:* ${known.fix}${lesson}`]),
    `  - *Example:* ${exampleText(name, example)}`,
    `  - *A later change:* ${change}`,
  ];
}

/** What holds without the field. */
function need(schema: z.core.$ZodType): string {
  const { omitted } = documented(schema);
  if (schema instanceof z.ZodDefault) return `Default: \`${yamlText(schema.def.defaultValue)}\`.`;
  if (schema instanceof z.ZodPrefault) return "Optional; each field has a default.";
  if (omitted !== undefined) return `Optional; without it: ${omitted}`;
  return "Required.";
}

function exampleText(name: string, example: unknown): string {
  if (typeof example === "string" && example.includes("\n"))
    return `a block of lines (\`|\`) that begins with \`${example.split("\n")[0]}\``;
  return `\`${name}: ${yamlText(example)}\``;
}

function documented(schema: z.core.$ZodType): FieldDoc {
  const doc = fieldDocs.get(schema);
  if (doc === undefined) throw new Error("a field of the schema has no documentation");
  return doc;
}

/** The advice for a field, or for the entries of a list or map that has none of its own. */
function adviceOf(schema: z.core.$ZodType) {
  const known = advice.get(schema);
  if (known !== undefined) return known;
  if (schema instanceof z.ZodArray) return advice.get(unwrap(schema.element));
  return schema instanceof z.ZodRecord ? advice.get(unwrap(schema.valueType)) : undefined;
}

function typeOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodRecord) return "map";
  if (schema instanceof z.ZodArray) return "list";
  if (schema instanceof z.ZodEnum)
    return schema.options.map((option) => `\`${String(option)}\``).join(" or ");
  if (schema instanceof z.ZodBoolean) return "`true` or `false`";
  return schema instanceof z.ZodNumber ? "number" : "text";
}
