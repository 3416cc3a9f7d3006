import { z } from "zod";

/** The documentation of one field. The reference, the JSON Schema for editors and the sample file are built from it. */
export interface FieldDoc {
  /** What the value means, in one or two sentences. */
  readonly meaning: string;
  /** What a later change of the value does to a lab that runs. */
  readonly change: string;
  /** The unit of a number; `none` for a count or an id. */
  readonly unit?: string;
  /** What holds without the field, where it is optional and the schema has no default value. */
  readonly omitted?: string;
  /** A value as the stack file has it; undefined for a section, whose fields have examples. */
  readonly example?: unknown;
}

/** The documentation of every field and section, by its schema. */
export const fieldDocs = z.registry<FieldDoc>();

declare const documented: unique symbol;

/** A schema with documentation: the only kind that {@link fields} accepts. */
export type Field<T extends z.ZodType = z.ZodType> = T & { readonly [documented]: true };

type Text = { readonly meaning: string; readonly change: string };

/** A number needs a unit, or `none`. */
type Unit<T extends z.ZodType> = [Extract<z.output<T>, number>] extends [never]
  ? { readonly unit?: never }
  : { readonly unit: string };

/** A field that may be missing and has no default value says what its absence means. */
type Omitted<T extends z.ZodType> =
  undefined extends z.output<T> ? { readonly omitted: string } : { readonly omitted?: never };

/** Documents a field: a value, a list of values or a map of values. */
export function field<T extends z.ZodType>(
  schema: T,
  doc: Text & Unit<T> & Omitted<T> & { readonly example: NonNullable<z.input<T>> },
): Field<T> {
  return document(schema, doc);
}

/** Documents a section: a map of fields, or a list or map of such maps. */
export function section<T extends z.ZodType>(schema: T, doc: Text & Omitted<T>): Field<T> {
  return document(schema, doc);
}

function document<T extends z.ZodType>(schema: T, doc: FieldDoc): Field<T> {
  if (fieldDocs.has(schema)) throw new Error(`one schema is two fields: ${doc.meaning}`);
  fieldDocs.add(schema, doc);
  return schema as Field<T>;
}

/** A map that has exactly these fields, each with its documentation. */
export function fields<const Shape extends Readonly<Record<string, Field>>>(shape: Shape) {
  return z.strictObject(shape);
}

/** A schema without the wrappers for a default value and for optional fields. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional)
    inner = inner.unwrap();
  return inner;
}
