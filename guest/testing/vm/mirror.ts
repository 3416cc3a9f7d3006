import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A release of a distribution that nodes run. */
export type Release = "bookworm" | "trixie" | "jammy" | "noble";

const ubuntuKeyring = "/usr/share/keyrings/ubuntu-archive-keyring.gpg";

export const isUbuntu = (release: Release) => release === "jammy" || release === "noble";

/** The value of a field of this machine's os-release, or nothing. */
function osRelease(field: string): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return new RegExp(`^${field}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
}

/**
 * Why no image of a release can be built on this machine, or undefined when one can. Mirrors are the machine's own,
 * so a Debian is built on a Debian; an Ubuntu on an Ubuntu, or wherever HOMELAB_UBUNTU_MIRROR names a mirror.
 */
export function whyNotBuilt(release: Release): string | undefined {
  const here = osRelease("PRETTY_NAME") || process.platform;
  if (!isUbuntu(release))
    return osRelease("ID") === "debian"
      ? undefined
      : `an image of ${release} takes the Debian mirror that this machine's apt uses, and this machine is ${here}`;
  if (!process.env.HOMELAB_UBUNTU_MIRROR && osRelease("ID") !== "ubuntu")
    return `an image of ${release} takes the Ubuntu mirror that HOMELAB_UBUNTU_MIRROR names: it is not set, and this machine is ${here}`;
  return existsSync(ubuntuKeyring)
    ? undefined
    : `an image of ${release} is checked with ${ubuntuKeyring}, and that is missing: install ubuntu-keyring`;
}

/**
 * The lines of sources.list that a release is built from. @throws Error where this machine's apt knows no
 * repository of the distribution
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

/** The address of the first repository with this label that this machine's own apt uses. */
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
      `this machine's apt knows no repository labelled ${label}, and an image is built from one: add it to /etc/apt/sources.list and run \`apt-get update\` (${error?.message ?? (stderr.trim() || "nothing else is wrong")})`,
    );
  return found;
}
