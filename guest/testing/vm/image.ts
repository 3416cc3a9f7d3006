import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../rehearsal/cacheFolder.ts";
import { moveToCache } from "../goProgram.ts";
import { run } from "../run.ts";
import { isUbuntu, type Release, sources, whyNotBuilt } from "./mirror.ts";

/** A built machine image, ready to boot. It is never written to: every machine uses its own overlay. */
export interface Image {
  /** The image's files as a folder, for containers. */
  readonly tree: string;
  /** The same files as an ext4 filesystem in a raw disk image. */
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

/**
 * The packages of Debian's generic cloud image that the scripts rely on. multipathd is added although that image lacks it,
 * because Ubuntu's has it and it claims Longhorn's devices (longhorn#1210).
 */
const installed = [
  ["initramfs-tools", "systemd-sysv", "dbus", "udev", "kmod", "procps"],
  ["cloud-init", "openssh-server", "sudo", "netbase", "iproute2", "iputils-ping", "apt-utils"],
  [
    "ca-certificates",
    "curl",
    "python3",
    "parted",
    "gdisk",
    "e2fsprogs",
    "util-linux",
    "dmsetup",
    "nfs-common",
  ],
  ["multipath-tools"],
].flat();

/** The kernel package of a distribution's own images for virtual machines. */
const kernel = (release: Release) => (isUbuntu(release) ? "linux-image-virtual" : "linux-image-cloud-amd64");

/**
 * The packages that prepare-node.sh and cloud-init install. They are in a package repository inside the image, so that apt
 * works for real without a network.
 */
const installable = [
  "open-iscsi",
  "fdisk",
  "cryptsetup",
  "iputils-arping",
  "qemu-guest-agent",
  "systemd-timesyncd",
];

/** Swap is on, also after a reboot, unless a script disables it. */
const fstab = `LABEL=homelab-root / ext4 defaults 0 1
/swapfile none swap sw 0 0
`;

/** Changes to the tree inside mmdebstrap; `$1` is the tree. Part of the image's identity. */
const customize = [
  // A small initial RAM disk: the default one, with every driver, takes a minute to unpack in emulation. Like the default
  // it has the network's driver: cloud-init looks for its device early, and waits two minutes if it appears later.
  `printf 'virtio_pci\\nvirtio_net\\nvirtio_scsi\\nvirtio_blk\\nsd_mod\\next4\\n' > "$1/etc/initramfs-tools/modules"`,
  `printf 'MODULES=list\\n' > "$1/etc/initramfs-tools/conf.d/homelab"`,
  `chroot "$1" update-initramfs -u -k all`,
  // QEMU loads the one made here: making another one for each package takes a minute in emulation.
  `printf 'update_initramfs=no\\n' > "$1/etc/initramfs-tools/update-initramfs.conf"`,
  `chroot "$1" apt-get clean`,
  `chroot "$1" apt-get install --download-only --yes --no-install-recommends ${installable.join(" ")}`,
  `mkdir -p "$1/srv/apt" && mv "$1"/var/cache/apt/archives/*.deb "$1/srv/apt/"`,
  // etcd for the fake K3s of the container tests; unpacked instead of installed, so that no service starts.
  `chroot "$1" sh -c 'cd /tmp && apt-get download etcd-server && dpkg-deb -x etcd-server_*.deb /opt/etcd && rm *.deb'`,
  `chroot "$1" sh -c 'cd /srv/apt && apt-ftparchive packages . > Packages'`,
  `printf 'deb [trusted=yes] file:/srv/apt ./\\n' > "$1/etc/apt/sources.list"`,
  `rm -rf "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/ssh/ssh_host_*`,
  // Random data, because zeros would become holes, which a swap file must not have.
  `dd if=/dev/urandom of="$1/swapfile" bs=1M count=64 status=none && chmod 600 "$1/swapfile" && mkswap "$1/swapfile"`,
  `printf '%s' '${fstab}' > "$1/etc/fstab"`,
  `chroot "$1" systemctl enable systemd-networkd.service ssh.service`,
  `printf 'datasource_list: [NoCloud]\\n' > "$1/etc/cloud/cloud.cfg.d/90-datasource.cfg"`,
  // As in Debian's own images; otherwise cloud-init creates another one, and fails where that locale is not installed.
  `printf 'LANG=C.UTF-8\\n' > "$1/etc/default/locale"`,
  // The build machine's name servers are of no use to a machine without a network.
  `: > "$1/etc/resolv.conf"`,
  // Caches that systemd would rebuild at the first boot, because /usr has changed: half a minute in emulation.
  `touch "$1/etc/.updated" "$1/var/.updated"`,
  // Each machine gets its own ID at boot: an empty file, as in Debian's images.
  `: > "$1/etc/machine-id" && rm -f "$1/var/lib/dbus/machine-id"`,
];

/** Ubuntu's cloud-init would replace the repository in the image by its own sources. */
const customizeUbuntu = `printf 'apt: { preserve_sources_list: true }\\n' > "$1/etc/cloud/cloud.cfg.d/91-apt.cfg"`;
const hooks = (release: Release) => (isUbuntu(release) ? [...customize, customizeUbuntu] : customize);

const diskSize = "6G";

/** The folder of the images. */
const images = () => join(cacheFolder(), "vm");

function imageFolder(release: Release): string {
  const recipe = JSON.stringify({
    release,
    kernel: kernel(release),
    installed,
    installable,
    customize: hooks(release),
    diskSize,
  });
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  return join(images(), `${release}-${key}`);
}

/**
 * Why this machine has no image of a release, or undefined. Ubuntu's sources are required every time, also for a
 * cached image: its tests take as long as all others.
 */
export function whyNoImage(release: Release): string | undefined {
  return !isUbuntu(release) && existsSync(imageFolder(release)) ? undefined : whyNotBuilt(release);
}

/** The image of a release: from the cache, or built, which takes minutes. @throws Error with the end of the build's output */
export async function image(release: Release): Promise<Image> {
  const folder = imageFolder(release);
  if (!existsSync(folder)) await build(release, folder);
  return {
    tree: join(folder, "tree"),
    disk: join(folder, "disk.raw"),
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd"),
  };
}

/** Builds next to the final folder and renames: an interrupted build leaves nothing that looks like an image. */
async function build(release: Release, folder: string): Promise<void> {
  mkdirSync(images(), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    const tree = join(work, "tree");
    writeFileSync(join(work, "sources.list"), sources(release).join(""));
    await run(
      "mmdebstrap",
      [
        [
          "--mode=root",
          "--variant=minbase",
          "--format=directory",
          `--include=${[kernel(release), ...installed].join(",")}`,
        ],
        ['--aptopt=Acquire::Retries "3"', "--dpkgopt=path-exclude=/usr/share/doc/*"],
        hooks(release).map((hook) => `--customize-hook=${hook}`),
        [release, tree, join(work, "sources.list")],
      ].flat(),
      { seconds: 1500 },
    );
    await run(
      "sh",
      ["-c", `cp "$0"/boot/vmlinuz-* "$1/vmlinuz" && cp "$0"/boot/initrd.img-* "$1/initrd"`, tree, work],
      {
        seconds: 60,
      },
    );
    await run("truncate", ["--size", diskSize, join(work, "disk.raw")], { seconds: 10 });
    await run(
      "mke2fs",
      ["-q", "-F", "-t", "ext4", "-L", "homelab-root", "-d", tree, join(work, "disk.raw")],
      {
        seconds: 300,
      },
    );
    moveToCache(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
}
