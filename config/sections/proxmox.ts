import { z } from "zod";
import { checksumForm } from "../checksum.ts";
import { field, fields, section } from "../fieldDocs.ts";
import {
  address,
  advice,
  boolean,
  downloadUrl,
  httpsUrl,
  integer,
  name,
  pattern,
  sshPublicKey,
} from "../fields.ts";

const checked = "Only the checks use it (C3). Nothing on the host changes.";

const datastore = fields({
  sizeGiB: field(integer("the size of the datastore in GiB", 1, 1_000_000, "C3"), {
    meaning: "Size of the datastore. The disks of all machines must fit, with 10 % to spare (C3).",
    unit: "GiB",
    example: 1700,
    change: checked,
  }),
  content: field(
    z.array(
      z.enum(["images", "import", "snippets", "iso", "backup", "rootdir", "vztmpl"]).register(advice, {
        fix: "write content types as Proxmox spells them: images, import, snippets, iso, backup, rootdir, vztmpl",
      }),
    ),
    {
      meaning:
        "Content types of the datastore, as Proxmox spells them. A new installation does not allow `import` and `snippets`: enable them first.",
      example: ["images", "rootdir"],
      change:
        "The system image and the snippets of new machines go to the first datastore by name with `import` or `snippets`. Existing machines keep theirs.",
    },
  ),
  shared: field(
    boolean(
      "write true where all hosts reach one store by this name (in Proxmox: `shared 1`), otherwise false",
      "C3",
    ).default(false),
    {
      meaning:
        "Whether all hosts that declare the datastore reach one store (NFS, CIFS, Ceph, iSCSI) by this storage ID. It holds the system image once, and its space is counted once.",
      example: true,
      change: "The system image is downloaded once for all hosts, or once for each. No machine changes.",
    },
  ),
});

const proxmoxHost = fields({
  address: field(address(), {
    meaning: "IPv4 address of the host, for SFTP and for the checks of the network plan.",
    example: "10.20.1.5",
    change: "The provider connects to the new address. Change the address on the host first.",
  }),
  hostKey: field(sshPublicKey("an SSH host key").optional(), {
    meaning: "Public key of the host's SSH server, which receives the snippets (docs/how-to/proxmox.md).",
    example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM",
    omitted: "A preview works without it. `up` does not create a machine on a host without a pinned key.",
    change: "The next connection expects the new key. Nothing on the host changes.",
  }),
  network: field(name("a network"), {
    meaning: "Network of the host, a key of `lab:networks`.",
    example: "management",
    change: "Only the checks use it (N1). Nothing on the host changes.",
  }),
  threads: field(integer("the host's threads", 1, 1024, "C3"), {
    meaning: "Hardware threads, as `nproc` prints them on the host.",
    unit: "CPU threads",
    example: 20,
    change: checked,
  }),
  memoryGiB: field(integer("the host's memory in GiB", 1, 65_536, "C3"), {
    meaning: "Memory that the host sees (`free -g`), which is less than the sum of the DIMMs.",
    unit: "GiB",
    example: 125,
    change: checked,
  }),
  reservedMemoryGiB: field(integer("the memory kept for the host in GiB", 1, 65_536, "C3"), {
    meaning: "Memory for Proxmox itself, ZFS and the page cache. The machines share the rest.",
    unit: "GiB",
    example: 16,
    change: checked,
  }),
  coreOvercommit: field(
    z
      .number({ error: (issue) => (issue.input === undefined ? undefined : "is not a number from 1 to 8") })
      .min(1, "is not a number from 1 to 8")
      .max(8, "is not a number from 1 to 8")
      .register(advice, {
        fix: "write how many virtual cores may share one thread, from 1 to 8",
        lesson: "C3",
      }),
    {
      meaning: "Virtual cores that may share one hardware thread. Memory is never overcommitted.",
      unit: "virtual cores per thread",
      example: 2,
      change: checked,
    },
  ),
  bridges: field(
    z.array(
      pattern(
        "a bridge",
        /^[a-z][a-z0-9]{0,14}$/,
        "write the bridge as Proxmox names it, such as vmbr0",
        "N1",
      ),
    ),
    {
      meaning: "Linux bridges of the host. The bridge of a machine's network must be among them.",
      example: ["vmbr0"],
      change: "Only the checks use it (N1). Nothing on the host changes.",
    },
  ),
  datastores: section(z.record(name("a datastore"), datastore), {
    meaning: "Datastores of the host, by storage ID.",
    change: "Only the checks and the choice for new images and snippets use it. Nothing on the host changes.",
  }),
});

export const proxmox = fields({
  endpoint: field(httpsUrl(), {
    meaning: "URL of the Proxmox API, of any host of the cluster.",
    example: "https://10.20.1.5:8006",
    change: "The provider is updated in place. No machine changes.",
  }),
  snippetUser: field(name("an account"), {
    meaning:
      "Account on the hosts that writes snippets by SFTP and has no other right (docs/how-to/proxmox.md).",
    example: "snippets",
    change: "The provider is updated in place. Create the account on every host first.",
  }),
  image: section(
    fields({
      // Plain HTTP is sufficient, as for a mirror in the lab: the checksum decides what is imported.
      url: field(
        downloadUrl(
          "write the URL of a cloud image for amd64 that ends in .qcow2, .img, .raw or .vmdk, in the folder of its build; Proxmox downloads by http and https only",
          "P3",
        ),
        {
          meaning:
            "URL of a cloud image for amd64, in the folder of one build. The accepted forms: docs/how-to/nodes.md.",
          example:
            "https://cloud.debian.org/images/cloud/trixie/20260712-2537/debian-13-genericcloud-amd64-20260712-2537.qcow2",
          change:
            "The new image is downloaded and the old one deleted. Existing machines keep their disks; new and rebuilt machines start from the new image.",
        },
      ),
      checksum: field(
        pattern(
          "a SHA-256 or SHA-512 checksum",
          checksumForm,
          "copy the 64 hexadecimal digits from the image's SHA256SUMS, or the 128 from its SHA512SUMS",
          "P3",
        ),
        {
          meaning: "SHA-256 or SHA-512 checksum of the image, from the publisher's checksum file.",
          example:
            "7ae53e9dbee282bfc16f289dec483dde3a8598769c38a267948310f7a2a52c662620198603bc52c142627efba379863d16079698a10b34102d55bcedd40e8d32",
          change: "The image is downloaded again. Existing machines keep their disks.",
        },
      ),
    }),
    {
      meaning: "The cloud image that every virtual machine starts from.",
      change: "Existing machines keep their disks; new and rebuilt machines start from the new image.",
    },
  ),
  hosts: section(z.record(name("a Proxmox host"), proxmoxHost), {
    meaning: "The Proxmox hosts, by node name in Proxmox.",
    change: "A new host is used by the machines that name it. Remove a host after its machines.",
  }),
});
