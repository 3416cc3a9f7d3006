import { parseChecksum } from "./checksum.ts";

/** The image as the stack file gives it. */
export interface ImageSource {
  readonly url: string;
  readonly checksum: string;
}

/** The image as Proxmox downloads it. */
export interface SystemImage {
  /** File name on the datastore, which Proxmox accepts and does not change. */
  readonly fileName: string;
  readonly checksum: string;
  readonly checksumAlgorithm: "sha256" | "sha512";
}

/** A fault of the image's URL. `secret` if the URL must not be shown. */
export interface ImageFault {
  readonly message: string;
  readonly fix: string;
  readonly secret?: boolean;
}

const wanted = "name a cloud image for amd64 whose URL ends in .qcow2, .img, .raw or .vmdk";

/**
 * Names that Proxmox accepts for content type `import` and imports a virtual disk from directly: `UPLOAD_IMPORT_EXT_RE_1`
 * of pve-storage's PVE/Storage.pm (9.1.7) without `.ova`, an archive with the disk in it. That expression is case-sensitive.
 */
const accepted = /\.(qcow2|raw|vmdk)$/i;

/**
 * Other published formats, by the end of the name, and why Proxmox imports no virtual disk from them. Proxmox decompresses
 * ISO images only ("decompression not supported for import": PVE/API2/Storage/Status.pm).
 */
const refusedNames: readonly { readonly name: RegExp; readonly message: string; readonly fix: string }[] = [
  {
    name: /\.(tar|tgz|txz|tbz2?|tzst|tar\.[a-z0-9]+)$/i,
    message: "is an archive, and Proxmox imports a disk image only",
    fix: wanted,
  },
  {
    name: /\.(xz|gz|bz2|zst|lzo|lz4|zip|7z)$/i,
    message: "is a compressed image, and Proxmox decompresses ISO images only",
    fix: "name the uncompressed image of the same release; if there is none, decompress it onto a web server of the lab and write that URL with the checksum of the decompressed file",
  },
  {
    name: /\.iso$/i,
    message: "is the medium of an installer, from which no virtual machine starts unattended",
    fix: wanted,
  },
  {
    name: /\.(ova|ovf)$/i,
    message: "is an appliance, whose disk lies inside it",
    fix: `${wanted}, or unpack the disk from it onto a web server of the lab`,
  },
  {
    name: /\.(vhdx?|vdi)$/i,
    message: "is in a format that Proxmox does not import",
    fix: `${wanted}, or convert it (qemu-img convert -O qcow2) onto a web server of the lab`,
  },
];

const foreignArchitecture =
  /^(arm64|aarch64|arm|armhf|armv[5-8]l?|armel|i[3-6]86|ppc64(el|le)?|powerpc|riscv64|s390x|loong(arch)?64|mips\w*)$/i;

/** Names of query parameters that hold a credential or an expiry date. */
const credentialField = /token|signature|^sig$|secret|passw|credential|api-?key|access-?key|expires/i;

/** The fault of the image's URL; undefined if Proxmox can import from it. The checksum has its own check. */
export function imageFault({ url }: ImageSource): ImageFault | undefined {
  const parsed = new URL(url);
  if ([...parsed.searchParams.keys()].some((field) => credentialField.test(field)))
    return {
      message: "carries a credential or a date of expiry in its query",
      fix: "name a URL without them; copy an image that is not public to a web server of the lab",
      secret: true,
    };
  const segments = decodedPath(parsed);
  const name = segments?.at(-1) ?? "";
  const refused = refusedNames.find((one) => one.name.test(name));
  if (refused !== undefined) return { message: refused.message, fix: refused.fix };
  if (segments === undefined || !/[^.]\.(qcow2|raw|vmdk|img)$/i.test(name))
    return { message: "does not end in the file name of a disk image", fix: wanted };
  const folder = movingFolder(segments);
  if (folder !== undefined)
    return {
      message: `names "${folder}", whose content changes with every release: the checksum then no longer matches, and no other machine can be created`,
      fix: "name the same file in the folder of its release or build, such as …/20260712-2537/… or …/release-20260712/…",
    };
  const architecture = foreignWord(segments);
  if (architecture !== undefined)
    return { message: `is an image for ${architecture}, and every node is amd64`, fix: wanted };
  return undefined;
}

/**
 * The image as Proxmox downloads it. Ubuntu and others publish qcow2 as `.img`, which Proxmox rejects for content type
 * `import`; such a file is renamed. A name with the date of the build is kept. Any other name gets the first digits of the
 * checksum: the next build has the same name, and Proxmox rejects it while the old file exists ("mismatch - refusing to
 * override existing file"), which Pulumi deletes only after the download of the new one.
 * @throws Error for an image that `imageFault` or `parseChecksum` rejects
 */
export function systemImage(source: ImageSource): SystemImage {
  const checksum = parseChecksum(source.checksum);
  const fault = imageFault(source);
  if ("wrong" in checksum) throw new Error(`the image's checksum ${checksum.wrong}`);
  if (fault !== undefined) throw new Error(`the image's URL ${fault.message}`);
  // Proxmox rewrites a name like this (normalize_content_filename), while the provider looks for the name given here.
  const name = (decodedPath(new URL(source.url))?.at(-1) ?? "").replace(/[^a-zA-Z0-9_.-]/g, "_");
  const extension = accepted.exec(name)?.[0];
  const stem = name.slice(0, -(extension ?? ".img").length).slice(0, longestStem);
  const build = /20\d{6}/.test(stem) ? "" : `-${checksum.digits.slice(0, 12)}`;
  return {
    fileName: `${stem}${build}${extension?.toLowerCase() ?? ".qcow2"}`,
    checksum: checksum.digits,
    checksumAlgorithm: checksum.algorithm,
  };
}

/** A file name has at most 255 bytes, with the digits of the checksum and the extension. */
const longestStem = 230;

/** The segments of the path, decoded; undefined for a malformed escape. */
function decodedPath(url: URL): string[] | undefined {
  try {
    return url.pathname.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** A segment with `latest` or `current`, or `release` as the last folder, which Ubuntu uses for the newest build. */
function movingFolder(segments: readonly string[]): string | undefined {
  const words = (text: string) => text.toLowerCase().split(/[-._]/);
  const moving = segments.find((segment) =>
    words(segment).some((word) => word === "latest" || word === "current"),
  );
  return moving ?? (segments.at(-2) === "release" ? "release" : undefined);
}

/** Another architecture than amd64 in the file name, or else in a folder; undefined if there is none. */
function foreignWord(segments: readonly string[]): string | undefined {
  const words = (text: string) => text.replace(/x86[-_]64/gi, "amd64").split(/[-._]/);
  const name = words(segments.at(-1) ?? "");
  if (name.some((word) => /^(amd64|x64)$/i.test(word))) return undefined;
  return [name, ...segments.slice(0, -1).map(words)].flat().find((word) => foreignArchitecture.test(word));
}
