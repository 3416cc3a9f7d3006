import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../rehearsal/cacheFolder.ts";
import { run } from "./run.ts";

/** A program that is put together from a Go module, since no registry that tests may use has it built. */
export interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The program's package within the module, such as `cmd/server`; its root where left out. */
  readonly package?: string;
  /** A main package of our own that imports the module's; where left out, the module has the program itself. */
  readonly main?: string;
  /** Built with the module's own go.mod, for one that replaces what it is made of, which counts in no other module. */
  readonly inPlace?: boolean;
  /** Versions of modules that it is made of, in place of those that it names. Only together with `inPlace`. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Files of the module that are other than it has them, each made of its text, or of nothing. Only together with `inPlace`. */
  readonly edit?: Readonly<Record<string, (text: string) => string>>;
}

const folderOf = ({ name, version }: GoProgram) => join(cacheFolder(), `${name}-${version}`);

/** Makes what was built beside the cache a part of it. Two tests may have built the same at once: the first one stays. */
export function keep(work: string, folder: string): void {
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whether a program is in the cache. */
export const isBuilt = (program: GoProgram) => existsSync(folderOf(program));

/** Why a program cannot be had on this machine, or undefined when it can. */
export function whyNoGo(program: GoProgram): string | undefined {
  if (isBuilt(program) || spawnSync("go", ["version"]).status === 0) return undefined;
  return `${program.name} is built from its Go module, and this machine has no Go: install 1.26 or later`;
}

/** The built program: from the cache, or built within ten minutes. @throws Error with the end of the build's output */
export async function buildGo(program: GoProgram): Promise<string> {
  const folder = folderOf(program);
  const binary = join(folder, program.name);
  if (existsSync(folder)) return binary;
  mkdirSync(cacheFolder(), { recursive: true });
  // Built beside it and renamed: a build that was cut leaves nothing that looks like a program.
  const work = mkdtempSync(`${folder}.`);
  try {
    if (program.inPlace === true) {
      await buildInPlace(program, work);
      keep(work, folder);
      return binary;
    }
    const { main, module, version } = program;
    const own = program.package === undefined ? module : `${module}/${program.package}`;
    // Nothing can import a program: it is a tool. Its sums come from the module itself, while `go install NAME@VERSION`
    // asks for the list of versions, which not every proxy gives.
    const tool = main === undefined ? `\ntool ${own}\n` : "";
    writeFileSync(join(work, "go.mod"), `module build\n\ngo 1.26\n\nrequire ${module} ${version}\n${tool}`);
    if (main !== undefined) writeFileSync(join(work, "main.go"), main);
    const what = main === undefined ? own : ".";
    await run("go", ["-C", work, "mod", "tidy"], { seconds: 300 });
    await run("go", ["-C", work, "build", "-trimpath", "-ldflags", "-s -w", "-o", program.name, what], {
      seconds: 600,
    });
    keep(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
  return binary;
}

/** Builds a program in a copy of its module. */
async function buildInPlace(program: GoProgram, work: string): Promise<void> {
  const { name, module, version, package: own, replace = {}, edit = {} } = program;
  writeFileSync(join(work, "go.mod"), "module build\n\ngo 1.26\n");
  const described = await run("go", ["-C", work, "mod", "download", "-json", `${module}@${version}`], {
    seconds: 300,
  });
  const { Dir } = JSON.parse(described) as { Dir: string };
  const source = join(work, "source");
  await run("cp", ["--recursive", "--no-preserve=mode", Dir, source], { seconds: 60 });
  for (const [of, by] of Object.entries(replace))
    await run("go", ["-C", source, "mod", "edit", "-replace", `${of}=${of}@${by}`], { seconds: 60 });
  for (const [file, edited] of Object.entries(edit)) {
    const path = join(source, file);
    writeFileSync(path, edited(existsSync(path) ? readFileSync(path, "utf8") : ""));
  }
  const built = [
    "-trimpath",
    "-ldflags",
    "-s -w",
    "-o",
    join(work, name),
    own === undefined ? "." : `./${own}`,
  ];
  await run("go", ["-C", source, "build", "-mod=mod", ...built], { seconds: 1800 });
  rmSync(source, { recursive: true, force: true });
}
