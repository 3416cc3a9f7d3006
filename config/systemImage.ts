import { parseChecksum } from "./checksum.ts";

/** The image as the stack file has it. */
export interface ImageSource {
  readonly url: string;
  readonly checksum: string;
}

/** The image as Proxmox downloads it. */
export interface SystemImage {
  /** Its name on the datastore, one that Proxmox accepts and does not change. */
  readonly fileName: string;
  readonly checksum: string;
  readonly checksumAlgorithm: "sha256" | "sha512";
}

/** What is wrong with the image's URL. `secret` where the URL itself must not be shown. */
export interface ImageFault {
  readonly message: string;
  readonly fix: string;
  readonly secret?: boolean;
}

const wanted = "name a cloud image for amd64 whose URL ends in .qcow2, .img, .raw or .vmdk";

/**
 * Names that Proxmox accepts for content type `import` and takes a virtual disk from as they are: `UPLOAD_IMPORT_EXT_RE_1`
 * of pve-storage's PVE/Storage.pm (9.1.7) less `.ova`, in which the disk lies inside an archive. The case counts there.
 */
const accepted = /\.(qcow2|raw|vmdk)$/i;

/**
 * What else is published, by the end of its name, and why a virtual disk is not made of it. Proxmox decompresses ISO
 * images only ("decompression not supported for import": PVE/API2/Storage/Status.pm).
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
    fix: "name the uncompressed image of the same release; where there is none, unpack it onto a web server of the lab and write that URL with the checksum of the unpacked file",
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

/** Names of a query's fields that make it a credential, or a link that ends. */
const credentialField = /token|signature|^sig$|secret|passw|credential|api-?key|access-?key|expires/i;

/** What is wrong with the image's URL; undefined where Proxmox can import from it. The checksum is judged by itself. */
export function imageFault({ url }: ImageSource): ImageFault | undefined {
  const parsed = new URL(url);
  if ([...parsed.searchParams.keys()].some((field) => credentialField.test(field)))
    return {
      message: "carries a credential or a date of expiry in its query",
      fix: "name a URL that needs neither; put an image that is not public onto a web server of the lab",
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
      message: `names "${folder}", whose content changes with every release: the checksum then no longer fits, and no further machine can be made`,
      fix: "name the same file in the folder of its release or build, such as …/20260712-2537/… or …/release-20260712/…",
    };
  const architecture = foreignWord(segments);
  if (architecture !== undefined)
    return { message: `is an image for ${architecture}, and every node is amd64`, fix: wanted };
  return undefined;
}

/**
 * The image as Proxmox is to download it. Ubuntu and others publish qcow2 as `.img`, which Proxmox refuses for content
 * type `import`; such a file is renamed. A name that says the day of its build stays as it is. Any other gets the
 * beginning of the checksum: the next build has the same name, and while the old file is there Proxmox refuses the new one
 * ("mismatch - refusing to override existing file"), which Pulumi downloads before it deletes the old one.
 * @throws Error where the rules let an image through that `imageFault` or `parseChecksum` refuses
 */
export function systemImage(source: ImageSource): SystemImage {
  const checksum = parseChecksum(source.checksum);
  const fault = imageFault(source);
  if ("wrong" in checksum) throw new Error(`the image's checksum ${checksum.wrong}`);
  if (fault !== undefined) throw new Error(`the image's URL ${fault.message}`);
  // As Proxmox itself rewrites a name (normalize_content_filename): it would be looked for under the one given here.
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

/** A file name has 255 bytes at most, with the checksum's beginning and the extension. */
const longestStem = 230;

/** The parts of the path behind the host, decoded; undefined where an escape in it is malformed. */
function decodedPath(url: URL): string[] | undefined {
  try {
    return url.pathname.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** `latest` and `current` wherever they stand; `release` as the last folder, as Ubuntu calls the newest build of a release. */
function movingFolder(segments: readonly string[]): string | undefined {
  const words = (text: string) => text.toLowerCase().split(/[-._]/);
  const moving = segments.find((segment) =>
    words(segment).some((word) => word === "latest" || word === "current"),
  );
  return moving ?? (segments.at(-2) === "release" ? "release" : undefined);
}

/** The architecture that the name, or else a folder, says; undefined for amd64 and where nothing says one. */
function foreignWord(segments: readonly string[]): string | undefined {
  const words = (text: string) => text.replace(/x86[-_]64/gi, "amd64").split(/[-._]/);
  const name = words(segments.at(-1) ?? "");
  if (name.some((word) => /^(amd64|x64)$/i.test(word))) return undefined;
  return [name, ...segments.slice(0, -1).map(words)].flat().find((word) => foreignArchitecture.test(word));
}
