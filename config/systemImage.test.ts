import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imageFault, systemImage } from "./systemImage.ts";

const sha256 = "0123456789abcdef".repeat(4);
const image = (url: string) => ({ url, checksum: sha256 });

describe("the file name on the datastore", () => {
  test.each([
    // Debian, AlmaLinux: a name that Proxmox accepts, with the date of the build, is kept.
    [
      "https://cloud.debian.org/images/cloud/trixie/20260712-2537/debian-13-genericcloud-amd64-20260712-2537.qcow2",
      "debian-13-genericcloud-amd64-20260712-2537.qcow2",
    ],
    [
      "https://repo.almalinux.org/almalinux/10/cloud/x86_64/images/AlmaLinux-10-GenericCloud-10.1-20260312.0.x86_64.qcow2",
      "AlmaLinux-10-GenericCloud-10.1-20260312.0.x86_64.qcow2",
    ],
    [
      "http://mirror.lab/debian-13-generic-amd64-20260712-2537.raw",
      "debian-13-generic-amd64-20260712-2537.raw",
    ],
    ["https://mirror.lab/noble-server-cloudimg-amd64.vmdk", "noble-server-cloudimg-amd64-0123456789ab.vmdk"],
    // Fedora, and mirrors: the next build could have the same name.
    [
      "https://download.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2",
      "Fedora-Cloud-Base-Generic-43-1.6.x86_64-0123456789ab.qcow2",
    ],
    // Ubuntu: qcow2 with another extension, and the same name for every build.
    [
      "https://cloud-images.ubuntu.com/noble/20260712/noble-server-cloudimg-amd64.img",
      "noble-server-cloudimg-amd64-0123456789ab.qcow2",
    ],
    [
      "https://cloud-images.ubuntu.com/releases/noble/release-20260712/ubuntu-24.04-server-cloudimg-amd64.img",
      "ubuntu-24.04-server-cloudimg-amd64-0123456789ab.qcow2",
    ],
    ["https://mirror.lab/Debian.QCOW2", "Debian-0123456789ab.qcow2"],
    ["https://mirror.lab/debian.qcow2?mirror=2#top", "debian-0123456789ab.qcow2"],
    ["https://mirror.lab/debian%2013.qcow2", "debian_13-0123456789ab.qcow2"],
    ["https://mirror.lab/coreos-43.2026+1.qcow2", "coreos-43.2026_1-0123456789ab.qcow2"],
    ["https://[2001:db8::1]:8443/debian.qcow2", "debian-0123456789ab.qcow2"],
  ])("of %s is %s", (url, fileName) => {
    expect(imageFault(image(url))).toBeUndefined();
    expect(systemImage(image(url))).toEqual({
      fileName,
      checksum: sha256,
      checksumAlgorithm: "sha256",
    });
  });

  test("is valid for Proxmox, for any URL", () =>
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.constantFrom(".img", ".qcow2", ".RAW"),
        (url, end) => {
          const source = image(new URL(`build/${"x".repeat(300)}${end}`, url).href);
          if (imageFault(source) !== undefined) return;
          const { fileName } = systemImage(source);
          // SAFE_CHAR_CLASS_RE and UPLOAD_IMPORT_EXT_RE_1 of Proxmox, after its own normalisation.
          expect(fileName).toMatch(/^[a-zA-Z0-9_.-]+\.(qcow2|raw|vmdk)$/);
          expect(fileName.length).toBeLessThanOrEqual(255);
        },
      ),
    ));

  test("differs between builds, since Proxmox rejects a second file with the same name", () => {
    const url = "https://cloud-images.ubuntu.com/noble/20260712/noble-server-cloudimg-amd64.img";
    const other = { url: url.replace("0712", "0812"), checksum: `ff${sha256.slice(2)}` };
    expect(systemImage(other).fileName).not.toBe(systemImage(image(url)).fileName);
  });
});

describe("the check of an image", () => {
  test.each([
    ["https://x.org/debian.qcow2.xz", "is a compressed image"],
    ["https://x.org/noble.img.gz", "is a compressed image"],
    ["https://x.org/debian.raw.ZST", "is a compressed image"],
    ["https://x.org/debian.tar.xz", "is an archive"],
    ["https://x.org/debian.tgz", "is an archive"],
    ["https://x.org/debian-13-netinst.iso", "is the medium of an installer"],
    ["https://x.org/noble.ova", "is an appliance"],
    ["https://x.org/noble.vhdx", "is in a format that Proxmox does not import"],
    ["https://x.org/noble.squashfs", "does not end in the file name of a disk image"],
    ["https://x.org/images/", "does not end in the file name of a disk image"],
    ["https://x.org", "does not end in the file name of a disk image"],
    ["https://x.org/.qcow2", "does not end in the file name of a disk image"],
    ["https://x.org/debian.qcow2%", "does not end in the file name of a disk image"],
    ["https://x.org/download?file=debian.qcow2", "does not end in the file name of a disk image"],
    ["https://x.org/trixie/latest/debian.qcow2", 'names "latest"'],
    ["https://x.org/noble/current/noble.img", 'names "current"'],
    ["https://x.org/alpine/latest-stable/cloud/alpine.qcow2", 'names "latest-stable"'],
    [
      "https://x.org/Rocky-10-GenericCloud.latest.x86_64.qcow2",
      'names "Rocky-10-GenericCloud.latest.x86_64.qcow2"',
    ],
    ["https://x.org/releases/noble/release/ubuntu.img", 'names "release"'],
    ["https://x.org/noble-arm64.img", "is an image for arm64"],
    ["https://x.org/Fedora.aarch64.qcow2", "is an image for aarch64"],
    ["https://x.org/s390x/fedora.qcow2", "is an image for s390x"],
    ["https://x.org/alpine-i686.qcow2", "is an image for i686"],
  ])("rejects %s with: %s", (url, words) => {
    expect(imageFault(image(url))?.message).toContain(words);
    expect(() => systemImage(image(url))).toThrow(words);
  });

  test.each(["X-Amz-Signature", "token", "sig", "Expires", "AWSAccessKeyId"])(
    "rejects a URL that is signed with %s without showing it (C5)",
    (field) =>
      expect(imageFault(image(`https://x.org/debian.qcow2?${field}=abc`))).toMatchObject({ secret: true }),
  );

  test.each([
    "https://x.org/releases/download/v7/debian.qcow2",
    "https://x.org/release-7/debian.qcow2",
    "https://x.org/release/7/debian.qcow2",
    "https://x.org/currently/debian.qcow2",
    "https://x.org/arm64-mirror/debian-amd64.qcow2",
    "https://x.org/debian-x86-64.qcow2",
    "https://x.org/debian.qcow2?design=1",
  ])("accepts %s", (url) => expect(imageFault(image(url))).toBeUndefined());
});
