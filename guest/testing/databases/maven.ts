import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";
import { moveToCache } from "../goProgram.ts";
import { run } from "../run.ts";

/** Libraries in Maven Central that form a server, for servers that no registry of the tests has as a whole. */
export interface JavaServer {
  readonly name: string;
  readonly version: string;
  /** `GROUP:NAME`, all of one version. */
  readonly artifacts: readonly string[];
  /** Completes the installation, with the libraries in `lib`. */
  readonly finish: (folder: string) => Promise<unknown>;
}

/** Why a server is not available on this machine, or undefined. */
export function whyNoJava(name: string): string | undefined {
  const missing = ["mvn", "javac"].filter((tool) => spawnSync(tool, ["-version"]).status !== 0);
  return missing.length === 0
    ? undefined
    : `${name} is assembled from Maven's libraries, and this machine has no ${missing.join(" and no ")}: install the packages of .ci/packages.txt`;
}

/** The server's folder: from the cache, or assembled within ten minutes. */
export async function installJava({ name, version, artifacts, finish }: JavaServer): Promise<string> {
  const folder = join(cacheFolder(), `${name}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  const dependencies = artifacts.map((artifact) => {
    const [group, id] = artifact.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`;
  });
  writeFileSync(
    join(work, "pom.xml"),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>lab</groupId><artifactId>tests</artifactId><version>1</version><dependencies>${dependencies.join("")}</dependencies></project>`,
  );
  await run(
    "mvn",
    [
      "-q",
      "-B",
      "-f",
      join(work, "pom.xml"),
      "dependency:copy-dependencies",
      `-DoutputDirectory=${join(work, "lib")}`,
    ],
    { seconds: 600 },
  );
  await finish(work);
  moveToCache(work, folder);
  return folder;
}
