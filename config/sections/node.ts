import { z } from "zod";
import { absolutePath, address, integer, name, oneOf, pattern, sshPublicKey } from "../fields.ts";
import { labelKeyForm, labelValueForm, taintForm } from "../kubernetesNames.ts";

const disk = z.strictObject({
  /** Becomes the mount point /mnt/longhorn/NAME. */
  name: pattern(
    "a name for a disk",
    /^[a-z0-9][a-z0-9-]{0,11}$/,
    "use 1 to 12 lower-case letters, digits and hyphens",
    "S5",
  ),
  sizeGiB: integer("the size of the disk in GiB", 1, 65_536, "S9"),
  /** Longhorn disk tags; a storage class may ask for one. */
  tags: z.array(name("a disk tag")).default([]),
  /** The SCSI slot of a virtual disk. Explicit, since a disk that changes its slot is a new, empty disk. */
  slot: integer("the SCSI slot", 1, 9, "S3").optional(),
  /** The serial of a physical disk, as `lsblk -dno SERIAL` prints it. */
  serial: pattern(
    "a serial",
    /^[A-Za-z0-9._-]{1,64}$/,
    "copy what `lsblk -dno SERIAL` prints for the disk",
    "S3",
  ).optional(),
  /** The owner's order to destroy what is on this disk, once; a new date is a new order. */
  wipe: pattern(
    "an order to wipe",
    /^20\d\d-\d\d-\d\d$/,
    'write the day of the order in quotes, such as "2026-11-21"; it is carried out once, and remembered on the disk and on the node',
    "S3",
  ).optional(),
  /** Where Longhorn already uses this physical disk: adopted as it is, never formatted. */
  adopt: absolutePath("S3").optional(),
});

const virtualMachine = z.strictObject({
  host: name("a Proxmox host"),
  id: integer("the VM id", 100, 999_999_999, "N2"),
  cores: integer("the cores", 1, 512, "C3"),
  memoryGiB: integer("the memory in GiB", 2, 4096, "C3"),
  systemDiskGiB: integer("the system disk in GiB", 16, 4096, "C3"),
  datastore: name("a datastore"),
});

const existingHost = z.strictObject({
  hostKey: sshPublicKey("an SSH host key"),
  cores: integer("the cores", 1, 1024, "C4"),
  memoryGiB: integer("the memory in GiB", 2, 65_536, "C4"),
});

const taint = pattern(
  "a taint",
  taintForm,
  "write KEY=VALUE:EFFECT or KEY:EFFECT, with an effect of NoSchedule, PreferNoSchedule or NoExecute; key and value as in labels",
  "K6",
);

export const node = z.strictObject({
  role: oneOf(["server", "agent"], "write server (control plane and etcd) or agent (worker)", "K1"),
  network: name("a network"),
  address: address(),
  /** Exactly one of `vm` and `existing`: a machine the program makes, or one it finds. */
  vm: virtualMachine.optional(),
  existing: existingHost.optional(),
  /**
   * The owner's order to make this node anew: a virtual machine is replaced, and everything that was done to the machine
   * before is done to this one. A new date is a new order.
   */
  rebuild: pattern(
    "a day",
    /^20\d\d-\d\d-\d\d$/,
    'write the day of the order in quotes, such as "2026-11-21"; a later day is another order',
    "K6",
  ).optional(),
  /** Disks for Longhorn. */
  disks: z.array(disk).default([]),
  labels: z
    .record(
      pattern(
        "a label key",
        labelKeyForm,
        "write NAME or PREFIX/NAME: the name of at most 63 letters, digits, -, _ and . that begins and ends with a letter or digit, the prefix a DNS name in lower case",
        "K6",
      ),
      pattern(
        "a label value",
        labelValueForm,
        "write at most 63 letters, digits, -, _ and . that begin and end with a letter or digit, in quotes where the value is true, false or a number",
        "K6",
      ),
    )
    .default({}),
  taints: z.array(taint).default([]),
});
