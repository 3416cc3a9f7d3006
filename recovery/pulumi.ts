import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type SecretKey, secretKeys } from "../config/secretKeys.ts";
import { namespace } from "../config/source.ts";

const checkout = fileURLToPath(new URL("..", import.meta.url));

/** The CLI rejected or failed an operation; the message is its reason, in one line. */
export class PulumiFailed extends Error {
  override readonly name = "PulumiFailed";
}

/** The parts of an exported stack that the kit reads. */
const exported = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .default([]),
    manifest: z.object({ time: z.string() }),
  }),
});

export type ExportedStack = z.infer<typeof exported>["deployment"];

/** The key by which an object in a state declares a special value. */
const signature = "4dabf18193072939515e22adb298388d";
/** Its value for a secret. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** A secret in a decrypted stack. */
export function secretOf(value: string): Record<string, string> {
  return { [signature]: secretMark, plaintext: JSON.stringify(value) };
}

/** The plaintext of a secret in a decrypted stack; undefined where it is not a secret. */
export function valueOfSecret(output: unknown): unknown {
  const secret = z.object({ [signature]: z.string(), plaintext: z.string() }).safeParse(output);
  return secret.success ? JSON.parse(secret.data.plaintext) : undefined;
}

/**
 * The Pulumi CLI with one stack in one backend. Its output is never printed, because it may contain secrets.
 */
export class Pulumi {
  readonly #cli: string;
  readonly #stack: string;
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(cli: string, stack: string, folder = checkout, environment: NodeJS.ProcessEnv = process.env) {
    this.#cli = cli;
    this.#stack = stack;
    this.#folder = folder;
    this.#environment = { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" };
  }

  /**
   * The backend's URL. @throws PulumiFailed where the CLI is not logged in, or the backend does not answer
   */
  async backend(): Promise<string> {
    return z.object({ url: z.string() }).parse(JSON.parse(await this.#run(["whoami", "--json"]))).url;
  }

  /** The stack as its backend stores it, secrets encrypted. @throws PulumiFailed */
  async exportText(): Promise<string> {
    return await this.#run(["stack", "export", "--stack", this.#stack]);
  }

  /** The stack with every secret decrypted. @throws PulumiFailed where the passphrase or key is wrong */
  async decrypted(): Promise<ExportedStack> {
    return parseExport(await this.decryptedText());
  }

  /** The same as text, for an import. @throws PulumiFailed */
  async decryptedText(): Promise<string> {
    return await this.#run(["stack", "export", "--show-secrets", "--stack", this.#stack]);
  }

  /**
   * Replaces the stack of the backend by an exported one; the backend encrypts its secrets. @throws
   * PulumiFailed
   */
  async importText(text: string): Promise<void> {
    await this.#run(["stack", "import", "--stack", this.#stack], text);
  }

  /** The secrets of a stack file. @throws PulumiFailed */
  async secrets(file: string): Promise<Partial<Record<SecretKey, string>>> {
    const text = await this.#run([
      "config",
      "--json",
      "--show-secrets",
      "--stack",
      this.#stack,
      "--config-file",
      file,
    ]);
    const config = z.record(z.string(), z.object({ value: z.string().optional() })).parse(JSON.parse(text));
    const values = (Object.keys(secretKeys) as SecretKey[]).map((key) => [
      key,
      config[`${namespace}:${key}`]?.value,
    ]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }

  /**
   * The same stack in an empty local backend while `use` runs: what works there works without the real
   * backend. `copy` is an exported stack to start with. @throws PulumiFailed
   */
  async elsewhere<T>(
    file: string,
    copy: string | undefined,
    use: (pulumi: Pulumi) => Promise<T>,
  ): Promise<T> {
    const folder = mkdtempSync(join(tmpdir(), "recovery-kit-"));
    try {
      const state = join(folder, "state");
      const work = join(folder, "work");
      for (const path of [state, work]) mkdirSync(path, { mode: 0o700 });
      copyFileSync(join(checkout, "Pulumi.yaml"), join(work, "Pulumi.yaml"));
      copyFileSync(file, join(work, `Pulumi.${this.#stack}.yaml`));
      const other = new Pulumi(this.#cli, this.#stack, work, {
        ...this.#environment,
        PULUMI_BACKEND_URL: `file://${state}`,
      });
      await other.#run(["stack", "init", this.#stack]);
      if (copy !== undefined) await other.#run(["stack", "import", "--stack", this.#stack, "--file", copy]);
      return await use(other);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #run(args: readonly string[], input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.#cli,
        [...args, "--non-interactive"],
        { cwd: this.#folder, env: this.#environment, timeout: 120_000, maxBuffer: 512 * 2 ** 20 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new PulumiFailed(reasonOf(stderr, error.killed === true)));
        },
      );
      // A process that fails before it has read its input reports the reason itself.
      child.stdin?.on("error", () => {}).end(input);
    });
  }
}

export function parseExport(text: string): ExportedStack {
  try {
    return exported.parse(JSON.parse(text)).deployment;
  } catch {
    throw new PulumiFailed("this is not an exported stack");
  }
}

/** An output of a decrypted stack; undefined where it is missing or empty. */
export function outputOf(stack: ExportedStack, name: string): string | undefined {
  const root = stack.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const output = root?.outputs?.[name];
  if (typeof output === "string") return output === "" ? undefined : output;
  const value = valueOfSecret(output);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The CLI's own error, in one line; it never contains a value. */
export function reasonOf(stderr: string, timedOut: boolean): string {
  if (timedOut) return "it does not answer within 120 s";
  const line = stderr.split("\n").find((text) => text.startsWith("error: ")) ?? "error: no reason is given";
  // A URL can contain credentials, and a reason of half a page helps no reader.
  return line
    .slice("error: ".length)
    .replace(/\/\/[^/@\s]+@/g, "//…@")
    .replace(/^(.{200}).+$/s, "$1 …");
}
