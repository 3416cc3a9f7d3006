import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "./diagnostic.ts";
import { inOrder } from "./order.ts";
import { type SecretKey, secretKeys } from "./secretKeys.ts";
import { formatPath } from "./shape.ts";
import { fileProblem, isSecure, parseConfig } from "./stackFile.ts";

/** The project's name in Pulumi.yaml, which is the namespace of its configuration keys. */
export const namespace = "lab";

/** Raw configuration of one stack, from a file or from the engine. */
export interface Source {
  /** Name in messages: of a file, or `stack NAME`. */
  readonly name: string;
  /** Values under `lab:` that are not secrets, by key. Old field names are still in them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Secrets in clear text, as the engine passes them to the program. */
  readonly secrets: Readonly<Partial<Record<SecretKey, string>>>;
  /** Secrets that are set and encrypted, as in a file. */
  readonly encrypted: readonly SecretKey[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The stack and the stack file of a command line: by name, by file, or homelab by default. */
export function chosenStack(options: { stack?: string; config?: string }): { stack: string; file: string } {
  const named = /(?:^|\/)Pulumi\.([\w-]+)\.yaml$/.exec(options.config ?? "")?.[1];
  const stack = options.stack ?? named ?? "homelab";
  return { stack, file: options.config ?? `Pulumi.${stack}.yaml` };
}

/** Reads a file in the form of `Pulumi.STACK.yaml`. Never throws: faults become diagnostics. */
export function readStackFile(path: string): Source {
  const refused = (message: string, fix: string) => ({
    name: path,
    values: {},
    secrets: {},
    encrypted: [],
    diagnostics: [fileProblem(message, fix)],
  });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? refused("the file does not exist", "name a stack that has a Pulumi.STACK.yaml, or a file that exists")
      : refused(`the file cannot be read: ${(error as Error).message}`, "make the file readable");
  }
  try {
    return parseStackFile(path, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refused("is not UTF-8 text", "save the file as UTF-8");
  }
}

export function parseStackFile(name: string, text: string): Source {
  const { stored, diagnostics } = parseConfig(text, namespace, (key) =>
    isSecretKey(key.slice(namespace.length + 1)),
  );
  const sorted = sort(
    stored.map(({ key, value }): [string, Stored] => [
      key,
      isSecure(value)
        ? { kind: "encrypted" }
        : holdsSecure(value)
          ? { kind: "holds a secret" }
          : { kind: "clear", text: textOf(value) },
    ]),
  );
  return { name, ...sorted, diagnostics: [...diagnostics, ...sorted.diagnostics] };
}

/** The configuration that the engine passes to a program. `isSecret` is true for full keys that are stored encrypted. */
export function fromEngine(
  stack: string,
  config: Readonly<Record<string, string>>,
  isSecret: (key: string) => boolean,
): Source {
  const stored = Object.entries(config).map(([key, text]): [string, Stored] => [
    key,
    { kind: isSecret(key) ? "secret" : "clear", text },
  ]);
  return { name: `stack ${stack}`, ...sort(stored) };
}

/**
 * Adds the diagnostics of the file that the engine read, since the engine resolves an ambiguous scalar without a warning. A
 * file with other values is not the one that the engine read (`--config-file`), and adds none.
 */
export function withFileProblems(source: Source, path: string): Source {
  if (!existsSync(path)) return source;
  const { values, diagnostics } = readStackFile(path);
  const isDoubtful = (key: string) =>
    diagnostics.some((diagnostic) => diagnostic.path.split(/[.[]/)[0] === `${namespace}:${key}`);
  const isRead = Object.entries(values).every(
    ([key, value]) => isDoubtful(key) || isDeepStrictEqual(inOrder(value), inOrder(source.values[key])),
  );
  const reported = new Set(source.diagnostics.map((diagnostic) => diagnostic.path));
  const added = isRead ? diagnostics.filter((diagnostic) => !reported.has(diagnostic.path)) : [];
  const named = added.map((diagnostic) => ({
    ...diagnostic,
    message: `in ${basename(path)}, ${diagnostic.message}`,
  }));
  return { ...source, diagnostics: [...source.diagnostics, ...named] };
}

/** A value from one of the two readers. The engine decrypts secrets, and a file does not. */
type Stored =
  | { readonly kind: "clear" | "secret"; readonly text: string }
  | { readonly kind: "encrypted" | "holds a secret" };

/** A value of a file as the text that the engine passes to the program. */
function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The value of a text from the engine: maps, lists and booleans are JSON, any other value is text. */
function parsed(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function sort(entries: readonly [string, Stored][]): Omit<Source, "name"> {
  const values: [string, unknown][] = [];
  const secrets: Partial<Record<SecretKey, string>> = {};
  const encrypted: SecretKey[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [full, stored] of entries) {
    const [space, key, ...rest] = full.split(":");
    if (space === "pulumi") continue;
    if (space !== namespace || key === undefined || rest.length > 0) {
      diagnostics.push({
        path: full,
        lesson: null,
        message: `is not a key of this program, whose keys begin with ${namespace}:`,
        fix: `remove it, or write it as ${namespace}:${key ?? full}; the program configures the providers itself`,
      });
    } else if (isSecretKey(key)) {
      if (stored.kind === "encrypted") encrypted.push(key);
      else if (stored.kind === "secret") secrets[key] = stored.text;
      else
        diagnostics.push({
          path: full,
          lesson: "C5",
          message: "is a secret in clear text",
          fix: `remove it from the file, replace the credential, and set the new one: pulumi config set --secret ${full}`,
        });
    } else if (stored.kind === "clear") {
      const value = parsed(stored.text);
      values.push([key, value]);
      diagnostics.push(...strays(value, [key]));
    } else
      diagnostics.push({
        path: full,
        lesson: null,
        message: "is stored encrypted, or contains an encrypted value, and the field is not a secret",
        fix: `set it without --secret; the secrets are ${Object.keys(secretKeys).join(", ")}`,
      });
  }
  return { values: Object.fromEntries(values), secrets, encrypted, diagnostics };
}

/**
 * Finds values that are invalid in any field: the key `__proto__`, which the schema ignores, and timestamps. The engine
 * passes a date without quotes as Go's text of a timestamp, and the CLI writes that text when it rewrites the file.
 */
function strays(value: unknown, path: readonly PropertyKey[]): Diagnostic[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => strays(each, [...path, index]));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, each]) =>
      key === "__proto__"
        ? [
            {
              path: formatPath([...path, key]),
              lesson: null,
              message: "is a reserved name",
              fix: "use another name",
            },
          ]
        : strays(each, [...path, key]),
    );
  const day =
    typeof value === "string"
      ? /^(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$/.exec(value)?.[1]
      : undefined;
  if (day === undefined) return [];
  return [
    {
      path: formatPath(path),
      value: JSON.stringify(value),
      lesson: null,
      message: "is a timestamp, which the engine makes of a date without quotes",
      fix: `write the date in quotes, "${day}"`,
    },
  ];
}

/** Whether a structure contains an encrypted value. */
function holdsSecure(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return isSecure(value) || Object.values(value).some(holdsSecure);
}

function isSecretKey(key: string): key is SecretKey {
  return Object.hasOwn(secretKeys, key);
}
