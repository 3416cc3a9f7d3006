import { readFileSync } from "node:fs";
import { isMap, LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";
import { type SecretKey, secretKeys } from "./secretKeys.ts";

/** The project's name in Pulumi.yaml, and so the namespace of its configuration keys. */
export const namespace = "lab";

/** Raw configuration of one stack, from a file or from the engine. */
export interface Source {
  /** What messages call it: a file's name, or `stack NAME`. */
  readonly name: string;
  /** Values under `lab:` that are not secrets, by key. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Secrets in clear text, as the engine hands them to the program. */
  readonly secrets: Readonly<Partial<Record<SecretKey, string>>>;
  /** Secrets that are set but encrypted, as a file has them. */
  readonly encrypted: readonly SecretKey[];
  readonly problems: readonly Problem[];
}

/** The stack that a command line means, and the file that describes it: by name, by file, or the homelab. */
export function chosenStack(options: { stack?: string; config?: string }): { stack: string; file: string } {
  const named = /(?:^|\/)Pulumi\.([\w-]+)\.yaml$/.exec(options.config ?? "")?.[1];
  const stack = options.stack ?? named ?? "homelab";
  return { stack, file: options.config ?? `Pulumi.${stack}.yaml` };
}

/** Reads a file in the form of `Pulumi.STACK.yaml`. Never throws: what is wrong is among the problems. */
export function readStackFile(path: string): Source {
  const empty = { name: path, values: {}, secrets: {}, encrypted: [] };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return {
      ...empty,
      problems: [
        fileProblem(
          missing ? "there is no such file" : `the file cannot be read: ${(error as Error).message}`,
          missing
            ? "name a stack that has a Pulumi.STACK.yaml, or a file that exists"
            : "make the file readable",
        ),
      ],
    };
  }
  return parseStackFile(path, text);
}

export function parseStackFile(name: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const empty = { name, values: {}, secrets: {}, encrypted: [] };
  if (document.errors.length > 0)
    return {
      ...empty,
      problems: document.errors.map((error) => {
        const at = lines.linePos(error.pos[0]);
        const what = error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "");
        return fileProblem(`line ${at.line}, column ${at.col}: ${what}`, "mend the YAML at that place");
      }),
    };
  const config = isMap(document.contents) ? document.contents.get("config", true) : undefined;
  if (!isMap(config))
    return {
      ...empty,
      problems: [fileProblem("holds no map `config`", "put the settings under `config:`, as Pulumi does")],
    };
  const values = Object.entries(config.toJSON() as Record<string, unknown>);
  return { name, ...sort(values, () => false) };
}

/**
 * Sorts what the engine hands to a program, where every value is text and structures are JSON. `isSecret` tells
 * which full keys are stored encrypted.
 */
export function fromEngine(
  stack: string,
  config: Readonly<Record<string, string>>,
  isSecret: (key: string) => boolean,
): Source {
  const values = Object.entries(config).map(([key, text]): [string, unknown] => {
    // The engine hands everything over as text: structures and truth values are JSON, the rest is what it says.
    if (isSecretKey(key.slice(namespace.length + 1)) || !/^([[{]|(true|false)$)/.test(text))
      return [key, text];
    return [key, JSON.parse(text)];
  });
  return { name: `stack ${stack}`, ...sort(values, isSecret) };
}

function sort(
  entries: readonly [string, unknown][],
  isSecret: (key: string) => boolean,
): Omit<Source, "name"> {
  const values: Record<string, unknown> = {};
  const secrets: Partial<Record<SecretKey, string>> = {};
  const encrypted: SecretKey[] = [];
  const problems: Problem[] = [];
  for (const [full, value] of entries) {
    const [space, key, ...rest] = full.split(":");
    if (space === "pulumi") continue;
    if (space !== namespace || key === undefined || rest.length > 0) {
      problems.push({
        path: full,
        lesson: null,
        message: `is no key of this program, whose keys all begin with ${namespace}:`,
        mend: `remove it, or write it as ${namespace}:${key ?? full}; providers are configured by the program alone`,
      });
    } else if (!isSecretKey(key)) values[key] = value;
    else if (isEncrypted(value)) encrypted.push(key);
    else if (typeof value === "string" && isSecret(full)) secrets[key] = value;
    else
      problems.push({
        path: full,
        lesson: "C5",
        message: "is a secret that stands in clear text",
        mend: `take it out of the file, replace the credential, and set it: pulumi config set --secret ${full}`,
      });
  }
  return { values, secrets, encrypted, problems };
}

function isSecretKey(key: string): key is SecretKey {
  return Object.hasOwn(secretKeys, key);
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

function fileProblem(message: string, mend: string): Problem {
  return { path: "", lesson: null, message, mend };
}
