import type { ErrorObject, Options, ValidateFunction } from "ajv";
import { Ajv } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { goPattern } from "./goPattern.ts";
import { nearName } from "./nearName.ts";
import { hiddenWhole, isPlaceholder, placeholders } from "./placeholder.ts";

/** A JSON Schema, or a part of one. */
export type Schema = boolean | Keywords;

/** A violation of a schema. */
export interface SchemaProblem {
  /** Keys from the top, joined by dots. */
  readonly path: string;
  readonly message: string;
}

/** Returns the violations of a value, which it does not modify. */
export type Validate = (value: unknown) => SchemaProblem[];

const options: Options = {
  allErrors: true,
  // Includes the parent's keywords in each error: they contain the names of the existing fields.
  verbose: true,
  strict: false,
  validateFormats: false,
  validateSchema: false,
  // Defaults are inserted before required fields are checked, as the API server does.
  useDefaults: true,
  logger: false,
  code: {
    // Each check runs a few times only: optimizing its code takes longer than running it.
    optimize: false,
    // Helm and the API server are written in Go, and so are their patterns. Only generated source uses `code`.
    regExp: Object.assign(goPattern, { code: "goPattern" }),
  },
};

/**
 * Creates a check from a schema, in the draft that it names. A hidden scalar in a plan passes every check. The schema
 * is compiled at the first value. @throws Error at that value, for an unknown draft and for an invalid schema
 */
export function compile(schema: Schema): Validate {
  const { $schema, $id, ...rest } = (typeof schema === "boolean" ? { allOf: [schema] } : schema) as Keywords;
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajvFor($schema).compile(hidden(rest) as Keywords);
    if (validate(structuredClone(value))) return [];
    const errors = validate.errors ?? [];
    // The error of an `if`, from `hidden` or from the schema itself, accompanies the errors of its branch.
    const reported = errors.filter(({ keyword }) => keyword !== "if");
    return (reported.length > 0 ? reported : errors).map(toProblem);
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

/** Keywords that a string can violate. All others are about maps, lists and numbers, and ignore strings. */
const stringKeywords = [
  ...["type", "enum", "const", "pattern", "minLength", "maxLength", "format", "nullable"],
  ...["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "$recursiveRef"],
];
const schemaMapKeywords = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const schemaKeywords = [
  ...["items", "additionalItems", "prefixItems", "contains", "additionalProperties"],
  ...["unevaluatedProperties", "allOf", "anyOf", "oneOf", "then", "else"],
];

/**
 * Accepts a placeholder wherever a scalar may be, or a map or list without a known structure. Keywords about maps and
 * lists stay in place, so that references into the schema remain valid.
 */
function hidden(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(hidden);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept: Record<string, unknown> = {};
  const moved: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const target = stringKeywords.includes(keyword) ? moved : kept;
    if (schemaMapKeywords.includes(keyword))
      target[keyword] = Object.fromEntries(
        Object.entries(value as Record<string, unknown>).map(([name, inner]) => [name, hidden(inner)]),
      );
    else target[keyword] = schemaKeywords.includes(keyword) ? hidden(value) : value;
  }
  // A map or list that is hidden as a whole would silently go unchecked.
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
      message: `is not a field${near === undefined ? "" : `; did you mean ${at(near)}?`}`,
    };
  }
  if (error.keyword === "required")
    return { path: at(String(error.params.missingProperty)), message: "is missing" };
  if (error.keyword === "enum")
    return { path: at(), message: `must be one of ${(error.params.allowedValues as unknown[]).join(", ")}` };
  return { path: at(), message: error.message ?? `breaks ${error.keyword}` };
}
