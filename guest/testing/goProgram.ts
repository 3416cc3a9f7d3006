import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../rehearsal/cacheFolder.ts";
import { run } from "./run.ts";

/** A program that is built from a Go module, because no registry of the tests has it as a binary. */
export interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The program's package within the module, such as `cmd/server`; default: the root package. */
  readonly package?: string;
  /** A main package of our own that imports the module; default: the module's own program. */
  readonly main?: string;
  /** Builds with the module's own go.mod, for a module with replace directives, which do not apply to other modules. */
  readonly inPlace?: boolean;
  /** Versions of dependencies that replace those in go.mod. Only with `inPlace`. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Changed files of the module, as functions of their text (empty for a new file). Only with `inPlace`. */
  readonly edit?: Readonly<Record<string, (text: string) => string>>;
}

const folderOf = ({ name, version }: GoProgram) => join(cacheFolder(), `${name}-${version}`);

/** Moves a finished build into the cache. If two tests built the same, the first one stays. */
export function moveToCache(work: string, folder: string): void {
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whether a program is in the cache. */
export const isBuilt = (program: GoProgram) => existsSync(folderOf(program));

/** Why a program is not available on this machine, or undefined. */
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
  // Built next to the final folder and renamed: an interrupted build leaves nothing that looks like a program.
  const work = mkdtempSync(`${folder}.`);
  try {
    if (program.inPlace === true) {
      await buildInPlace(program, work);
      moveToCache(work, folder);
      return binary;
    }
    const { main, module, version } = program;
    const own = program.package === undefined ? module : `${module}/${program.package}`;
    // A main package cannot be imported, so it is declared as a tool. Its checksums come from the module itself, while
    // `go install NAME@VERSION` requests the list of versions, which not every proxy serves.
    const tool = main === undefined ? `\ntool ${own}\n` : "";
    writeFileSync(join(work, "go.mod"), `module build\n\ngo 1.26\n\nrequire ${module} ${version}\n${tool}`);
    if (main !== undefined) writeFileSync(join(work, "main.go"), main);
    const target = main === undefined ? own : ".";
    await run("go", ["-C", work, "mod", "tidy"], { seconds: 300 });
    await run("go", ["-C", work, "build", "-trimpath", "-ldflags", "-s -w", "-o", program.name, target], {
      seconds: 600,
    });
    moveToCache(work, folder);
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
  for (const [name, other] of Object.entries(replace))
    await run("go", ["-C", source, "mod", "edit", "-replace", `${name}=${name}@${other}`], { seconds: 60 });
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
