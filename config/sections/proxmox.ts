import { z } from "zod";
import { checksumForm } from "../checksum.ts";
import { address, advice, downloadUrl, httpsUrl, integer, name, pattern, sshPublicKey } from "../fields.ts";

const datastore = z.strictObject({
  sizeGiB: integer("the size of the datastore in GiB", 1, 1_000_000, "C3"),
  /** What Proxmox may keep there; `import` and `snippets` are off by default on a new installation. */
  content: z.array(
    z.enum(["images", "import", "snippets", "iso", "backup", "rootdir", "vztmpl"]).register(advice, {
      fix: "write content types as Proxmox spells them: images, import, snippets, iso, backup, rootdir, vztmpl",
    }),
  ),
  /**
   * One store behind all hosts that declare it (NFS, CIFS, Ceph, iSCSI): it holds the system image once, and its space is
   * counted once. Proxmox calls it by one storage ID on every host of the cluster.
   */
  shared: z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : "is neither true nor false") })
    .register(advice, {
      fix: "write true where all hosts reach one store by this name (in Proxmox: `shared 1`), otherwise false",
      lesson: "C3",
    })
    .default(false),
});

const proxmoxHost = z.strictObject({
  address: address(),
  /**
   * Public key of the host's SSH server, which receives the snippets. A preview does without it; `up` refuses to create a
   * machine on a host whose key is not pinned.
   */
  hostKey: sshPublicKey("an SSH host key").optional(),
  network: name("a network"),
  /** Hardware threads, as `nproc` on the host says. */
  threads: integer("the host's threads", 1, 1024, "C3"),
  /** Memory the host itself sees (`free -g`), not what the DIMMs add up to. */
  memoryGiB: integer("the host's memory in GiB", 1, 65_536, "C3"),
  /** Kept for Proxmox, ZFS or page cache. */
  reservedMemoryGiB: integer("the memory kept for the host in GiB", 1, 65_536, "C3"),
  /** How many virtual cores may share one thread. Memory is never overcommitted. */
  coreOvercommit: z
    .number({ error: (issue) => (issue.input === undefined ? undefined : "is not a number from 1 to 8") })
    .min(1, "is not a number from 1 to 8")
    .max(8, "is not a number from 1 to 8")
    .register(advice, {
      fix: "write how many virtual cores may share one thread, from 1 to 8",
      lesson: "C3",
    }),
  bridges: z.array(
    pattern("a bridge", /^[a-z][a-z0-9]{0,14}$/, "write the bridge as Proxmox names it, such as vmbr0", "N1"),
  ),
  datastores: z.record(name("a datastore"), datastore),
});

export const proxmox = z.strictObject({
  endpoint: httpsUrl(),
  /** The account on the hosts that may write snippets by SFTP, and nothing else: see docs/how-to/proxmox.md. */
  snippetUser: name("an account"),
  /** The image every virtual machine starts from. Which forms are accepted: docs/how-to/nodes.md. */
  image: z.strictObject({
    // Plain HTTP is enough, as for a mirror in the lab: the checksum decides what is imported.
    url: downloadUrl(
      "write the URL of a cloud image for amd64 that ends in .qcow2, .img, .raw or .vmdk, in the folder of its build; Proxmox downloads by http and https only",
      "P3",
    ),
    checksum: pattern(
      "a SHA-256 or SHA-512 checksum",
      checksumForm,
      "copy the 64 hexadecimal digits from the image's SHA256SUMS, or the 128 from its SHA512SUMS",
      "P3",
    ),
  }),
  hosts: z.record(name("a Proxmox host"), proxmoxHost),
});
