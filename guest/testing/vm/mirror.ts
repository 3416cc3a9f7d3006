import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A release of a distribution that nodes run on. */
export type Release = "bookworm" | "trixie" | "jammy" | "noble";

const ubuntuKeyring = "/usr/share/keyrings/ubuntu-archive-keyring.gpg";

export const isUbuntu = (release: Release) => release === "jammy" || release === "noble";

/** The value of a field in this machine's os-release, or an empty string. */
function osRelease(field: string): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return new RegExp(`^${field}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
}

/**
 * Why no image of a release can be built on this machine, or undefined. Mirrors are those of this machine, so a Debian is
 * built on a Debian; an Ubuntu on an Ubuntu, or anywhere if HOMELAB_UBUNTU_MIRROR is set to a mirror.
 */
export function whyNotBuilt(release: Release): string | undefined {
  const here = osRelease("PRETTY_NAME") || process.platform;
  if (!isUbuntu(release))
    return osRelease("ID") === "debian"
      ? undefined
      : `an image of ${release} needs the Debian mirror of this machine's apt, and this machine is ${here}`;
  if (!process.env.HOMELAB_UBUNTU_MIRROR && osRelease("ID") !== "ubuntu")
    return `an image of ${release} needs an Ubuntu mirror in HOMELAB_UBUNTU_MIRROR: it is not set, and this machine is ${here}`;
  return existsSync(ubuntuKeyring)
    ? undefined
    : `an image of ${release} is verified with ${ubuntuKeyring}, which does not exist: install ubuntu-keyring`;
}

/**
 * The lines of sources.list that a release is built from. @throws Error if this machine's apt has no repository of the
 * distribution
 */
export function sources(release: Release): string[] {
  if (isUbuntu(release)) {
    const mirror = process.env.HOMELAB_UBUNTU_MIRROR || repository("Ubuntu");
    return ["", "-updates", "-security"].map(
      (suite) => `deb [signed-by=${ubuntuKeyring}] ${mirror} ${release}${suite} main universe\n`,
    );
  }
  const debian = repository("Debian");
  return [
    ...["", "-updates"].map((suite) => `deb ${debian} ${release}${suite} main\n`),
    `deb ${repository("Debian-Security")} ${release}-security main\n`,
  ];
}

/** The URL of the first repository with this label in this machine's own apt sources. */
function repository(label: string): string {
  const { error, stdout, stderr } = spawnSync(
    "apt-get",
    ["indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"],
    { encoding: "utf8" },
  );
  const found = (stdout ?? "")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([name, uri]) => name === label && uri !== "")?.[1];
  if (found === undefined)
    throw new Error(
      `this machine's apt has no repository labelled ${label}, and the image is built from one: add it to /etc/apt/sources.list and run \`apt-get update\` (${error?.message ?? (stderr.trim() || "no other error")})`,
    );
  return found;
}
