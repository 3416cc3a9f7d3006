import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../../../components/node/guestSettings.ts";
import { whyNoImage } from "../vm/image.ts";

/** The binary that HOMELAB_K3S names, or `k3s` on PATH. */
function binary(): string | undefined {
  if (process.env.HOMELAB_K3S) return process.env.HOMELAB_K3S;
  const { status, stdout } = spawnSync("sh", ["-c", "command -v k3s"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

const versionOf = (path: string) =>
  /^\S+ version (v\S+)/.exec(spawnSync(path, ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];

/** Why the real K3s cannot run on this machine, or undefined. */
export function whyNoRealK3s(): string | undefined {
  const path = binary();
  if (path === undefined)
    return "the guest scripts run on the real K3s only if `k3s` is on PATH or HOMELAB_K3S names its binary";
  if (versionOf(path) === undefined) return `${path} does not answer --version as K3s does`;
  return whyNoImage("trixie");
}

/** A folder with the binary only, and the settings that install it. @throws Error if there is none */
export function realRelease(): { folder: string; settings: Settings } {
  const path = binary();
  const version = path === undefined ? undefined : versionOf(path);
  if (path === undefined || version === undefined) throw new Error(whyNoRealK3s());
  const folder = mkdtempSync(join(tmpdir(), "homelab-k3s-"));
  copyFileSync(realpathSync(path), join(folder, "k3s"));
  return {
    folder,
    settings: {
      ROLE: "server",
      VERSION: version,
      BINARY_URL: "file:///srv/mirror/k3s",
      SHA256: createHash("sha256").update(readFileSync(path)).digest("hex"),
      RESERVED_PERCENT: 12,
      WAIT_SECONDS: 300,
    },
  };
}
