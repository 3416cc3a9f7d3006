import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";
import { moveToCache } from "../goProgram.ts";
import { run } from "../run.ts";

const version = "v1.36.1";
/** The version of Kubernetes' own libraries in that release. */
const libraries = version.replace(/^v1/, "v0");

const cached = () => join(cacheFolder(), `kubernetes-${version}`);

/** Why the API server is not available on this machine, or undefined. */
export function whyNoKubernetes(): string | undefined {
  if (existsSync(cached()) || spawnSync("go", ["version"]).status === 0) return undefined;
  return "the Kubernetes API server is built from its Go module, and this machine has no Go: install 1.26 or later";
}

/**
 * A folder with the real kube-apiserver and kubectl: from the cache, or built from their Go module, which takes
 * about eight minutes on two cores. @throws Error without Go, or with the end of the build's output
 */
export async function kubernetes(): Promise<string> {
  const folder = cached();
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  const go = (args: string[], seconds: number) => run("go", ["-C", work, ...args], { seconds });
  try {
    const programs = ["kube-apiserver", "kubectl"].map((name) => `k8s.io/kubernetes/cmd/${name}`);
    writeFileSync(join(work, "go.mod"), "module build\n\ngo 1.26\n");
    writeFileSync(
      join(work, "tools.go"),
      `//go:build tools\n\npackage build\n\nimport (\n${programs.map((name) => `\t_ "${name}"\n`).join("")})\n`,
    );
    await go(["mod", "edit", "-require", `k8s.io/kubernetes@${version}`], 60);
    const download = JSON.parse(
      await go(["mod", "download", "-json", `k8s.io/kubernetes@${version}`], 600),
    ) as {
      GoMod: string;
    };
    // The module's go.mod points to its libraries by relative path, which a build from outside cannot use.
    const staged = readFileSync(download.GoMod, "utf8").matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm);
    const replacements = [...staged].map(([, name]) => `-replace=${name}=${name}@${libraries}`);
    await go(["mod", "edit", ...replacements], 60);
    await go(["mod", "tidy"], 600);
    const stamp = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
      .map((name) => `-X ${name}.gitVersion=${version}`)
      .join(" ");
    await go(["build", "-trimpath", "-ldflags", `-s -w ${stamp}`, "-o", "./", ...programs], 1800);
    rmSync(join(work, "tools.go"));
    moveToCache(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
  return folder;
}
