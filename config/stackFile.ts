import { type Document, isMap, LineCounter, type ParsedNode, parseDocument } from "yaml";
import type { Diagnostic } from "./diagnostic.ts";
import { formatPath, isSecretPath, withoutCredentials } from "./shape.ts";
import { type Report, reportConstructs, yamlReader } from "./yamlReader.ts";

/** One key below `config:` as a stack file stores it. */
export interface StoredValue {
  /** The key in full, such as `lab:nodes`. */
  readonly key: string;
  /** Anchors, aliases and merge keys are resolved; a secret is `{ secure: CIPHERTEXT }`, as in the file. */
  readonly value: unknown;
}

export interface StackFile {
  readonly stored: readonly StoredValue[];
  /** Values that cannot be read, or that two readers read differently. An empty path stands for the whole file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the text of `Pulumi.STACK.yaml`, with or without a byte order mark, as the engine does
 * (sdk/go/common/workspace/loaders.go, gopkg.in/yaml.v3), and reports every scalar, key or construct that has another
 * meaning in YAML 1.2, that the engine rejects, or that changes when the CLI rewrites the file. `namespace` is the project's
 * name, the namespace of keys without one. `isOpaque` is true for secret keys, whose values are not checked or shown. Never
 * throws.
 */
export function parseConfig(given: string, namespace: string, isOpaque: (key: string) => boolean): StackFile {
  const diagnostics: Diagnostic[] = [];
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const report: Report = ({ path, node, shown, message, fix }) => {
    const hidden = shown !== undefined && isSecretPath(path);
    diagnostics.push({
      path: path.length === 0 ? "" : formatPath(path),
      ...(shown === undefined || hidden ? {} : { value: oneLine(shown) }),
      lesson: null,
      message: `${at(node?.range?.[0] ?? 0)}: ${hidden ? "is ambiguous without quotes" : message}`,
      fix: hidden ? "write it in quotes" : withoutCredentials(fix),
    });
  };

  const text = given.replace(/^\uFEFF/, "");
  const document = parse(text, lines, at);
  if (Array.isArray(document)) return { stored: [], diagnostics: document };
  reportConstructs(document, report);
  if (diagnostics.length > 0) return { stored: [], diagnostics };
  const reader = yamlReader(document, text, report);
  const root = reader.entries(document.contents, []);
  if (root.some(({ name }) => name === "environment"))
    diagnostics.push({
      path: "environment",
      lesson: null,
      message: "imports values that are not in the file, and the program reads the lab from the file only",
      fix: "remove it, and write the values under `config:`",
    });
  const config = reader.target(root.find(({ name }) => name === "config")?.node ?? null);
  if (!isMap(config)) {
    diagnostics.push(
      fileProblem("has no map `config`", "write the settings under `config:`, as Pulumi does"),
    );
    return { stored: [], diagnostics };
  }

  const stored = new Map<string, StoredValue>();
  for (const { name, key, node } of reader.entries(config, [])) {
    const full = fullKey(name, namespace);
    const own = full.startsWith(`${namespace}:`);
    if (stored.has(full))
      diagnostics.push({
        path: full,
        lesson: null,
        message: `${at(key?.range?.[0] ?? 0)}: is set twice, in two forms of its key, of which the engine uses either`,
        fix: `keep one of them, as ${full}`,
      });
    const value =
      own && !isOpaque(full)
        ? reader.read(node, [full.slice(namespace.length + 1)], config.flow === true)
        : unjudged(node, document);
    stored.set(full, { key: full, value });
  }
  return { stored: [...stored.values()], diagnostics };
}

/** Whether a value is stored encrypted: for the engine, a map with `secure` as its only key. */
export function isSecure(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof (value as { secure?: unknown }).secure === "string"
  );
}

export function fileProblem(message: string, fix: string): Diagnostic {
  return { path: "", lesson: null, message, fix };
}

/** Characters that yaml.v3 rejects, line breaks of YAML 1.1 only, and a carriage return without a line feed. */
const strayCharacter =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]|\r(?!\n)|[\uD800-\uDBFF](?![\uDC00-\uDFFF])/;

/** Parses a document. A fault that stops one of the readers, or both, becomes a diagnostic. */
function parse(
  text: string,
  lines: LineCounter,
  at: (offset: number) => string,
): Document.Parsed | Diagnostic[] {
  const place = (offset: number) => {
    const before = text.slice(0, offset).split("\n");
    return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  };
  const stray = strayCharacter.exec(text);
  if (stray !== null) {
    const code = stray[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return [
      fileProblem(
        `${place(stray.index)}: contains the character U+${code}, which the engine rejects or reads as a line break`,
        `remove it, or write "\\u${code}" in double quotes`,
      ),
    ];
  }
  const tab = /^[ ?:-]*\t/m.exec(text);
  if (tab !== null) return [fileProblem(`${place(tab.index)}: is indented with a tab`, "indent with spaces")];
  const directive = /^%/m.exec(text);
  if (directive !== null)
    return [fileProblem(`${place(directive.index)}: has a directive`, "remove the line that begins with %")];
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, schema: "core", keepSourceTokens: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [fileProblem("is nested too deeply", "write the values with fewer levels")];
  }
  return document.errors.length + document.warnings.length === 0
    ? document
    : [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
        code === "MULTIPLE_DOCS"
          ? fileProblem(
              `${at(pos[0])}: begins a second document, and the engine reads only the first`,
              "keep one document in the file",
            )
          : fileProblem(`${at(pos[0])}: ${withoutContent(message)}`, "fix the YAML at that place"),
      );
}

/** The first line of a parser's message, without the position and without text of the file, which may be a secret. */
function withoutContent(message: string): string {
  return (message.split("\n")[0] ?? "")
    .replace(/ at line \d+, column \d+:?$/, "")
    .replace(/^(Unexpected \S+ token in YAML (?:document|stream)): .*$/, "$1");
}

/** A scalar as text for a message. */
function oneLine(scalar: string): string {
  const text = withoutCredentials(scalar.includes("\n") ? JSON.stringify(scalar) : scalar);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A key in full: the engine adds the project's namespace to a key without one. `NAMESPACE:config:NAME` is an old form. */
function fullKey(name: string, namespace: string): string {
  if (!name.includes(":")) return `${namespace}:${name}`;
  return name.replace(/^([^:]+):config:([^:]+)$/, "$1:$2");
}

/** A value that the program does not check: a secret, or one of Pulumi's own keys. */
function unjudged(node: ParsedNode | null, document: Document.Parsed): unknown {
  try {
    return node?.toJS(document) ?? null;
  } catch {
    // Aliases that refer to each other or multiply; a secret has none.
    return null;
  }
}
