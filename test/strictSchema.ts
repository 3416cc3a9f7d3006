import type { ErrorObject, Options, ValidateFunction } from "ajv";
import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { goPattern } from "./goPattern.ts";
import { nearName } from "./nearName.ts";
import { hiddenWhole, isPlaceholder, placeholders } from "./placeholder.ts";

/** A JSON Schema, or a part of one. */
export type Schema = boolean | Keywords;

/** Something that a schema refuses. */
export interface SchemaProblem {
  /** Keys from the top, joined by dots. */
  readonly path: string;
  readonly message: string;
}

/** Tells what is wrong with a value, which it leaves as it is. */
export type Validate = (value: unknown) => SchemaProblem[];

const options: Options = {
  allErrors: true,
  // The parent's keywords in each error: from them come the names of the fields that there are.
  verbose: true,
  strict: false,
  validateFormats: false,
  validateSchema: false,
  // A default is put in before the required fields are looked for, as the API server does.
  useDefaults: true,
  logger: false,
  code: {
    // Each check runs a few times: making its code smaller takes longer than running it.
    optimize: false,
    // Helm and the API server are Go, and so are their patterns. Of use to generated source only is `code`.
    regExp: Object.assign(goPattern, { code: "goPattern" }),
  },
};

/**
 * Makes a check of a schema, in the draft that it names; a plain value that a plan hides passes for what it may be.
 * Compiled at the first value that asks for it. @throws Error, then, for a draft that is not known, and for a schema
 * that is none.
 */
export function compile(schema: Schema): Validate {
  const { $schema, $id, ...rest } = (typeof schema === "boolean" ? { allOf: [schema] } : schema) as Keywords;
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajvFor($schema).compile(hidden(rest) as Keywords);
    if (validate(structuredClone(value))) return [];
    const errors = validate.errors ?? [];
    // That of an `if`, made by `hidden` or the schema's own, stands beside what was wrong in its branch.
    const told = errors.filter(({ keyword }) => keyword !== "if");
    return (told.length > 0 ? told : errors).map(toProblem);
  };
}

type Keywords = Readonly<Record<string, unknown>>;

function ajvFor(draft: unknown) {
  const name = String(draft ?? "http://json-schema.org/draft-07/schema#");
  if (name.includes("2020-12")) return new Ajv2020(options);
  if (name.includes("2019-09")) return new Ajv2019(options);
  if (/draft-0[67]/.test(name)) return new Ajv(options);
  throw new Error(`no validator for the draft ${name}`);
}

/** Keywords that a text can break; all others are about maps, lists and numbers, and take no notice of a text. */
const ofTexts = [
  ...["type", "enum", "const", "pattern", "minLength", "maxLength", "format", "nullable"],
  ...["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "$recursiveRef"],
];
const holdSchemas = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const areSchemas = [
  ...["items", "additionalItems", "prefixItems", "contains", "additionalProperties"],
  ...["unevaluatedProperties", "allOf", "anyOf", "oneOf", "then", "else"],
];

/**
 * Lets a placeholder through wherever a plain value may stand, or a map or list of no known structure. The keywords
 * about maps and lists stay where they are, so that references into the schema still find their target.
 */
function hidden(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(hidden);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept: Record<string, unknown> = {};
  const moved: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const target = ofTexts.includes(keyword) ? moved : kept;
    if (holdSchemas.includes(keyword))
      target[keyword] = Object.fromEntries(
        Object.entries(value as Record<string, unknown>).map(([name, inner]) => [name, hidden(inner)]),
      );
    else target[keyword] = areSchemas.includes(keyword) ? hidden(value) : value;
  }
  // Hidden as a whole, a map or a list would go unchecked in silence.
  const structured = moved.type === "object" ? "properties" in kept : "items" in kept;
  if (structured || Object.keys(moved).length === 0) return { ...kept, ...moved };
  return { ...kept, if: { enum: [...placeholders] }, else: moved };
}

function toProblem(error: ErrorObject): SchemaProblem {
  const keys = error.instancePath
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const at = (...more: string[]) => [...keys, ...more].join(".");
  if (isPlaceholder(error.data)) return { path: at(), message: hiddenWhole };
  if (error.keyword === "additionalProperties" || error.keyword === "unevaluatedProperties") {
    const name = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
    const near = nearName(name, Object.keys((error.parentSchema?.properties as object | undefined) ?? {}));
    return {
      path: at(name),
      message: `is no field${near === undefined ? "" : `; did you mean ${at(near)}?`}`,
    };
  }
  if (error.keyword === "required")
    return { path: at(String(error.params.missingProperty)), message: "is missing" };
  if (error.keyword === "enum")
    return { path: at(), message: `is none of ${(error.params.allowedValues as unknown[]).join(", ")}` };
  return { path: at(), message: error.message ?? `breaks ${error.keyword}` };
}
