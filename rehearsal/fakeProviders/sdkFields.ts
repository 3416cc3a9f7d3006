import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import typescript from "typescript";
import { type CheckFailure, unknown } from "./fakeProvider.ts";

const require = createRequire(import.meta.url);

/** Fields of one interface, each with the name of the nested interface, if it has one. */
type Fields = ReadonlyMap<string, { readonly nested: string | undefined; readonly required: boolean }>;

const files = new Map<string, ReadonlyMap<string, Fields>>();

/**
 * Fields that the published SDK does not have, at any depth, and missing required fields. The type declarations of
 * the SDK are the schema: the real provider silently accepts an unknown top-level field.
 */
export function unknownFields(sdk: string, module: string, args: string, inputs: unknown): CheckFailure[] {
  const root = dirname(require.resolve(`${sdk}/package.json`));
  const top = interfacesOf(join(root, `${module}.d.ts`)).get(args);
  if (top === undefined) throw new Error(`${sdk} has no ${args} in ${module}.d.ts`);
  const types = join(root, "types/input.d.ts");
  // A provider whose inputs are all scalars does not have this file.
  const nested = existsSync(types) ? interfacesOf(types) : new Map<string, Fields>();
  const failures: CheckFailure[] = [];
  const walk = (value: unknown, fields: Fields, path: string) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key.startsWith("__")) continue;
      const field = fields.get(key);
      const at = path === "" ? key : `${path}.${key}`;
      if (field === undefined) failures.push({ property: at, reason: `${at} is not a field of ${args}` });
      else visit(inner, field.nested, at);
    }
    for (const [key, { required }] of fields)
      if (required && !(key in value))
        failures.push({ property: path, reason: `${path === "" ? key : `${path}.${key}`} is missing` });
  };
  const visit = (value: unknown, name: string | undefined, path: string) => {
    const fields = name === undefined ? undefined : nested.get(name);
    if (fields === undefined || value === unknown) return;
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) walk(item, fields, `${path}[${index}]`);
    else walk(value, fields, path);
  };
  walk(inputs, top, "");
  return failures;
}

/** Every interface of a declaration file without namespaces: `remote.Connection` is `Connection` of `remote`. */
function interfacesOf(path: string): ReadonlyMap<string, Fields> {
  const known = files.get(path);
  if (known !== undefined) return known;
  const source = typescript.createSourceFile(
    path,
    readFileSync(path, "utf8"),
    typescript.ScriptTarget.Latest,
  );
  const interfaces = new Map<string, Fields>();
  const visit = (node: typescript.Node, prefix: string) => {
    if (typescript.isInterfaceDeclaration(node)) {
      const fields = new Map<string, { nested: string | undefined; required: boolean }>();
      for (const member of node.members)
        if (typescript.isPropertySignature(member) && typescript.isIdentifier(member.name))
          fields.set(member.name.text, {
            nested: /inputs\.([\w.]+)/.exec(member.type?.getText(source) ?? "")?.[1],
            required: member.questionToken === undefined,
          });
      interfaces.set(prefix + node.name.text, fields);
    } else if (
      typescript.isModuleDeclaration(node) &&
      node.body !== undefined &&
      typescript.isModuleBlock(node.body)
    )
      for (const inner of node.body.statements) visit(inner, `${prefix}${node.name.text}.`);
    else if (typescript.isSourceFile(node)) for (const inner of node.statements) visit(inner, prefix);
  };
  visit(source, "");
  files.set(path, interfaces);
  return interfaces;
}
