import { parseChecksum } from "../checksum.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import { imageFault } from "../systemImage.ts";
import type { Rule } from "./rule.ts";

/** P3: the system image is one for amd64 that Proxmox can import, and its checksum pins it. */
export const systemImage: Rule = (config) => {
  const image = config.proxmox?.image;
  if (image === undefined) return [];
  const diagnostics: Diagnostic[] = [];
  const fault = imageFault(image);
  if (fault !== undefined)
    diagnostics.push({
      path: formatPath(["proxmox", "image", "url"]),
      ...(fault.secret === true ? {} : { value: `"${image.url}"` }),
      lesson: fault.secret === true ? "C5" : "P3",
      message: fault.message,
      fix: fault.fix,
    });
  const checksum = parseChecksum(image.checksum);
  if ("wrong" in checksum)
    diagnostics.push({
      path: formatPath(["proxmox", "image", "checksum"]),
      value: `"${image.checksum.length > 40 ? `${image.checksum.slice(0, 40)}…` : image.checksum}"`,
      lesson: "P3",
      message: checksum.wrong,
      fix: "copy the 64 hexadecimal digits from the image's SHA256SUMS, or the 128 from its SHA512SUMS",
    });
  return diagnostics;
};
