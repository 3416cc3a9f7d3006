import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
import { absolutePath, address, integer, name, oneOf, pattern, sshPublicKey } from "../fields.ts";
import { labelKeyForm, labelValueForm, taintForm } from "../kubernetesNames.ts";

const disk = fields({
  name: field(
    pattern(
      "a name for a disk",
      /^[a-z0-9][a-z0-9-]{0,11}$/,
      "use 1 to 12 lower-case letters, digits and hyphens",
      "S5",
    ),
    {
      meaning: "Name of the disk in Longhorn. The disk is mounted at `/mnt/longhorn/NAME`.",
      example: "data1",
      change:
        "Do not change it: the disk would be mounted at another path, and Longhorn would report the old path as missing.",
    },
  ),
  sizeGiB: field(integer("the size of the disk in GiB", 1, 65_536, "S9"), {
    meaning:
      "Size of the disk. Proxmox creates a virtual disk of this size; a physical disk must have at least this size.",
    unit: "GiB",
    example: 200,
    change:
      "A virtual disk grows at once, and its filesystem at the next `NAME-disks` step. A smaller value is refused (S3), and so is a larger disk together with other `cores` or `memoryGiB` (C3).",
  }),
  tags: field(z.array(name("a disk tag")).default([]), {
    meaning: "Longhorn disk tags. A tier of `lab:storage.tiers` selects disks by a tag.",
    example: ["nvme"],
    change:
      "The annotation of the node changes. Longhorn reads it only for a node without disks; set the tags of an existing disk in Longhorn.",
  }),
  slot: field(integer("the SCSI slot", 1, 9, "S3").optional(), {
    meaning:
      "SCSI slot of a virtual disk, `scsi1` to `scsi9`. Required on a virtual machine; the serial is derived from it.",
    unit: "none",
    example: 1,
    omitted: "The disk is a physical disk, which is found by `serial`.",
    change: "Refused: a disk in another slot is a new, empty disk (S3).",
  }),
  serial: field(
    pattern(
      "a serial",
      /^[A-Za-z0-9._-]{1,64}$/,
      "copy what `lsblk -dno SERIAL` prints for the disk",
      "S3",
    ).optional(),
    {
      meaning: "Serial of a physical disk, as `lsblk -dno SERIAL` prints it. Required on an existing host.",
      example: "S4Z1NX0",
      omitted: "The disk is a virtual disk, whose serial is derived from the VM id and `slot`.",
      change:
        "Another disk is expected. The `NAME-disks` step formats it if it is empty and refuses it if it holds data (S3).",
    },
  ),
  wipe: field(
    pattern(
      "an order to wipe",
      /^20\d\d-\d\d-\d\d$/,
      'write the day of the order in quotes, such as "2026-11-21"; it is carried out once, and recorded on the disk and on the node',
      "S3",
    ).optional(),
    {
      meaning:
        "Date of an order to erase this disk. It is carried out once and recorded on the disk and on the node, so the line may stay in the file.",
      example: "2026-11-21",
      omitted: "A disk that holds unknown data is refused and never erased (S3).",
      change: "A later date erases the disk once more. An earlier date does nothing.",
    },
  ),
  adopt: field(absolutePath("S3").optional(), {
    meaning:
      "Mount point of a physical disk that Longhorn already uses. The disk is mounted there and never formatted.",
    example: "/mnt/longhorn/sdf1",
    omitted: "The disk is formatted if it is empty, and mounted at `/mnt/longhorn/NAME`.",
    change:
      "The disk is expected at another mount point. Do not change it: Longhorn would report the old path as missing.",
  }),
});

const virtualMachine = fields({
  host: field(name("a Proxmox host"), {
    meaning: "Proxmox host of the virtual machine, a key of `lab:proxmox.hosts`.",
    example: "pve1",
    change:
      "Replaces the virtual machine with all its disks. Refused while the lab is protected (`lab:production`).",
  }),
  id: field(integer("the VM id", 100, 999_999_999, "N2"), {
    meaning:
      "Id of the virtual machine in Proxmox. The MAC address and the serials of the disks are derived from it.",
    unit: "none",
    example: 20021,
    change:
      "Replaces the virtual machine with all its disks. Refused while the lab is protected (`lab:production`).",
  }),
  cores: field(integer("the cores", 1, 512, "C3"), {
    meaning: "Virtual CPU cores. The CPU type is always `host` (C1).",
    unit: "cores",
    example: 6,
    change:
      "Proxmox applies it when the virtual machine is stopped and started. Nothing is restarted; `up` prints a warning with the command.",
  }),
  memoryGiB: field(integer("the memory in GiB", 2, 4096, "C3"), {
    meaning: "Memory, without ballooning.",
    unit: "GiB",
    example: 20,
    change:
      "Proxmox applies it when the virtual machine is stopped and started. Nothing is restarted; `up` prints a warning with the command.",
  }),
  systemDiskGiB: field(integer("the system disk in GiB", 16, 4096, "C3"), {
    meaning: "Size of the system disk, `scsi0`.",
    unit: "GiB",
    example: 100,
    change: "The disk grows at once. A smaller value is refused (S3).",
  }),
  datastore: field(name("a datastore"), {
    meaning: "Datastore of all disks of the virtual machine, a key of the host's `datastores`.",
    example: "local-lvm",
    change: "Proxmox moves the disks to the other datastore.",
  }),
});

const existingHost = fields({
  hostKey: field(sshPublicKey("an SSH host key"), {
    meaning:
      "Public SSH host key of the machine: `cat /etc/ssh/ssh_host_ed25519_key.pub`. Every connection checks it (C5).",
    example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM",
    change: "The next connection expects the new key. Nothing on the machine changes.",
  }),
  cores: field(integer("the cores", 1, 1024, "C4"), {
    meaning: "CPU threads of the machine. Checks and quotas count with it.",
    unit: "CPU threads",
    example: 8,
    change: "Checks and quotas use the new number. Nothing on the machine changes.",
  }),
  memoryGiB: field(integer("the memory in GiB", 2, 65_536, "C4"), {
    meaning: "Memory of the machine. Checks and quotas count with it.",
    unit: "GiB",
    example: 32,
    change: "Checks and quotas use the new number. Nothing on the machine changes.",
  }),
});

const taint = pattern(
  "a taint",
  taintForm,
  "write KEY=VALUE:EFFECT or KEY:EFFECT, with an effect of NoSchedule, PreferNoSchedule or NoExecute; key and value as in labels",
  "K6",
);

const labels = z.record(
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
);

export const node = fields({
  role: field(oneOf(["server", "agent"], "write server (control plane and etcd) or agent (worker)", "K1"), {
    meaning:
      "`server`: control plane and etcd member. `agent`: runs workloads only. A lab has three servers or more, an odd number (K1).",
    example: "agent",
    change:
      "Refused by the `NAME-configure-k3s` step. Take the node out of the cluster first (docs/how-to/nodes.md).",
  }),
  network: field(name("a network"), {
    meaning: "Network of the node, a key of `lab:networks`.",
    example: "k3s",
    change:
      "The network interface moves to the other VLAN at once, and the node keeps its old address: cloud-init sets it at the first boot only. Change it together with `address` and `rebuild`.",
  }),
  address: field(address(), {
    meaning: "Fixed IPv4 address of the node, without a prefix length.",
    example: "10.20.2.21",
    change:
      "cloud-init sets the address at the first boot only: change it together with `rebuild`. Every other server restarts K3s, since its certificate lists the addresses of the servers.",
  }),
  vm: section(virtualMachine.optional(), {
    meaning:
      "The virtual machine that the program creates for the node. A node has either `vm` or `existing`.",
    omitted: "The node is an existing host.",
    change: "Refused while the lab is protected: without it the virtual machine would be deleted.",
  }),
  existing: section(existingHost.optional(), {
    meaning:
      "A machine that exists already, with Debian or Ubuntu and SSH access (docs/how-to/nodes.md). A node has either `vm` or `existing`.",
    omitted: "The node is a virtual machine.",
    change: "Without it the program leaves the machine as it is.",
  }),
  rebuild: field(
    pattern(
      "a rebuild token",
      /^(?=\S)(?=.*\S$)[^\p{Cc}]{1,63}$/u,
      'write a text of 1 to 63 characters, such as "2026-11-21"; another text rebuilds the node once more',
      "K6",
    ).optional(),
    {
      meaning:
        "Token that orders a rebuild of the node. Any text of 1 to 63 characters; the date of the order is a good choice. A virtual machine is replaced, and every step on the node runs again.",
      example: "2026-11-21",
      omitted: "The node is as it was first created.",
      change:
        "Another text rebuilds the node. Removing the line is refused, since that would rebuild the node once more (S3).",
    },
  ),
  disks: section(z.array(disk).default([]), {
    meaning: "Disks for Longhorn. The system disk is not among them.",
    change:
      "A new virtual disk is attached and formatted at once; on a node that Longhorn uses already, add the disk in Longhorn too. Removing a disk of a virtual machine is refused (S3).",
  }),
  labels: field(labels.default({}), {
    meaning: "Node labels, set by K3s at every start, so that a rebuilt node has them again (K6).",
    example: { "topology.kubernetes.io/zone": "attic" },
    change:
      "K3s restarts on the node and sets the labels. A label that is removed here stays on the node object until `kubectl label node NAME KEY-`.",
  }),
  taints: field(z.array(taint).default([]), {
    meaning: "Node taints, `KEY=VALUE:EFFECT` or `KEY:EFFECT`, set when the node registers (K6).",
    example: ["lab.home/reserved=true:NoSchedule"],
    change:
      "K3s restarts on the node, and the taints of the existing node object stay: change them with `kubectl taint` as well, or rebuild the node.",
  }),
});
