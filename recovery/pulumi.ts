import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type SecretKey, secretKeys } from "../config/secretKeys.ts";
import { namespace } from "../config/source.ts";

const checkout = fileURLToPath(new URL("..", import.meta.url));

/** The CLI refused or failed; the message is its own reason, in one line. */
export class PulumiFailed extends Error {
  override readonly name = "PulumiFailed";
}

/** The parts of an exported stack that the kit looks at. */
const exported = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .default([]),
    manifest: z.object({ time: z.string() }),
  }),
});

export type ExportedStack = z.infer<typeof exported>["deployment"];

/** The key by which an object in a state says that it is something else than a plain value. */
const signature = "4dabf18193072939515e22adb298388d";
/** What stands under that key of a secret. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** A secret as a decrypted stack has it. */
export function secretOf(value: string): Record<string, string> {
  return { [signature]: secretMark, plaintext: JSON.stringify(value) };
}

/** What a secret of a decrypted stack holds; undefined where it is none. */
export function valueOfSecret(output: unknown): unknown {
  const secret = z.object({ [signature]: z.string(), plaintext: z.string() }).safeParse(output);
  return secret.success ? JSON.parse(secret.data.plaintext) : undefined;
}

/** Pulumi, asked about one stack in one backend. What it prints is never passed on: it may hold secrets. */
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

  /** The backend's address. @throws PulumiFailed where nobody is logged in to one, or it does not answer */
  async backend(): Promise<string> {
    return z.object({ url: z.string() }).parse(JSON.parse(await this.#run(["whoami", "--json"]))).url;
  }

  /** The stack as its backend has it, secrets encrypted. @throws PulumiFailed */
  async exportText(): Promise<string> {
    return await this.#run(["stack", "export", "--stack", this.#stack]);
  }

  /** The stack with every secret decrypted. @throws PulumiFailed where the passphrase or key is not the right one */
  async decrypted(): Promise<ExportedStack> {
    return parseExport(await this.decryptedText());
  }

  /** The same as text, to be imported again. @throws PulumiFailed */
  async decryptedText(): Promise<string> {
    return await this.#run(["stack", "export", "--show-secrets", "--stack", this.#stack]);
  }

  /** Puts an exported stack in the place of what the backend has; secrets are encrypted there. @throws PulumiFailed */
  async importText(text: string): Promise<void> {
    await this.#run(["stack", "import", "--stack", this.#stack], text);
  }

  /** The secrets of a stack's file. @throws PulumiFailed */
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
   * The same stack in an empty backend on this machine, for as long as `use` lasts: what works there works without the
   * real backend. `copy` is an exported stack to begin with. @throws PulumiFailed
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
      // One that fails before it has read everything says why by itself.
      child.stdin?.on("error", () => {}).end(input);
    });
  }
}

export function parseExport(text: string): ExportedStack {
  try {
    return exported.parse(JSON.parse(text)).deployment;
  } catch {
    throw new PulumiFailed("this is no exported stack");
  }
}

/** An output of a decrypted stack, or undefined where it has none of that name, or an empty one. */
export function outputOf(stack: ExportedStack, name: string): string | undefined {
  const root = stack.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const output = root?.outputs?.[name];
  if (typeof output === "string") return output === "" ? undefined : output;
  const value = valueOfSecret(output);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The CLI's own words, in one line: it tells what it could not do, and never a value. */
export function reasonOf(stderr: string, timedOut: boolean): string {
  if (timedOut) return "it does not answer within 120 s";
  const line =
    stderr.split("\n").find((text) => text.startsWith("error: ")) ?? "error: it failed without a word";
  // An address can carry credentials, and a reason of half a page helps nobody.
  return line
    .slice("error: ".length)
    .replace(/\/\/[^/@\s]+@/g, "//…@")
    .replace(/^(.{200}).+$/s, "$1 …");
}
