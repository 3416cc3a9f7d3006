import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";
import { moveToCache } from "../goProgram.ts";
import { run } from "../run.ts";

const folder = () => join(cacheFolder(), "etcd-debian");

/** Why etcd is not available on this machine, or undefined. */
export function whyNoEtcd(): string | undefined {
  if (existsSync(folder()) || spawnSync("apt-get", ["--version"]).status === 0) return undefined;
  return "etcd comes from Debian's package etcd-server, and this machine has no apt-get";
}

/**
 * Debian's etcd: from the cache, or from its package, which is unpacked instead of installed, so that no service starts.
 * @throws Error with the end of apt-get's output
 */
export async function etcd(): Promise<string> {
  const program = join(folder(), "usr/bin/etcd");
  if (existsSync(folder())) return program;
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(`${folder()}.`);
  try {
    await run("sh", ["-c", 'cd "$0" && apt-get download etcd-server', work], { seconds: 120 });
    const [archive = ""] = readdirSync(work);
    await run("dpkg-deb", ["-x", join(work, archive), work], { seconds: 60 });
    rmSync(join(work, archive));
    moveToCache(work, folder());
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
  return program;
}
