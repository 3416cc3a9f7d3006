import { homedir } from "node:os";
import { join } from "node:path";

/** Folder for built programs and fetched files, outside the checkout, so that a new clone finds them again. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "homelab");
}
