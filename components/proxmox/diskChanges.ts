import type { Diagnostic } from "../../config/diagnostic.ts";

/** A disk as a machine's inputs have it, in the state and in the program alike. */
interface Disk {
  readonly interface: string;
  readonly serial?: string;
  readonly size?: number;
}

/**
 * Compares a machine's disks with what they were. The provider would delete a disk whose slot is gone, and put an
 * empty one where the serial is another: both look like any other update in a preview.
 */
export function refusedDiskChanges(node: string, old: readonly Disk[], now: readonly Disk[]): Diagnostic[] {
  return old.flatMap((disk): Diagnostic[] => {
    const path = `lab:nodes.${node}`;
    const same = now.find((candidate) => candidate.interface === disk.interface);
    if (same === undefined)
      return [
        {
          path,
          lesson: "S3",
          message: `loses the disk ${disk.serial} in ${disk.interface}, and with it everything on it`,
          fix: `declare it again with its old slot; to be rid of it, empty it in Longhorn, detach it on the host, and run \`pulumi refresh\``,
        },
      ];
    if (same.serial !== disk.serial)
      return [
        {
          path,
          lesson: "S3",
          message: `gets the disk ${same.serial} where ${disk.serial} is, in ${disk.interface}`,
          fix: "give the new disk a slot of its own; a slot is never used for another disk",
        },
      ];
    if ((same.size ?? 0) < (disk.size ?? 0))
      return [
        {
          path,
          lesson: "S3",
          message: `shrinks the disk ${disk.serial} from ${disk.size} to ${same.size} GiB`,
          fix: `write ${disk.size} GiB or more: a filesystem that is cut is lost`,
        },
      ];
    return [];
  });
}
