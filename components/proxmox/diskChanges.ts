import type { Diagnostic } from "../../config/diagnostic.ts";

/** A disk in the inputs of a machine, both in the state and in the program. */
interface Disk {
  readonly interface: string;
  readonly serial?: string;
  readonly size?: number;
}

/**
 * Compares the disks of a machine with those in the state. The provider deletes a disk whose slot was removed, and attaches
 * an empty disk when the serial changes. A preview shows both as an ordinary update.
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
          message: `loses the disk ${disk.serial} in ${disk.interface} and all data on it`,
          fix: `declare the disk again in its old slot; to remove it, evict its replicas in Longhorn, detach it on the host, and run \`pulumi refresh\``,
        },
      ];
    if (same.serial !== disk.serial)
      return [
        {
          path,
          lesson: "S3",
          message: `replaces the disk ${disk.serial} in ${disk.interface} by ${same.serial}`,
          fix: "declare the new disk in an unused slot; a slot always keeps its disk",
        },
      ];
    if ((same.size ?? 0) < (disk.size ?? 0))
      return [
        {
          path,
          lesson: "S3",
          message: `shrinks the disk ${disk.serial} from ${disk.size} to ${same.size} GiB`,
          fix: `write ${disk.size} GiB or more: shrinking the disk destroys its file system`,
        },
      ];
    return [];
  });
}
