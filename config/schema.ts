import { z } from "zod";
import { charts, longhornVersions } from "./charts.ts";
import type { LessonId } from "./lessons.ts";
import { parseAddress, parseCidr, parseRange } from "./ranges.ts";

/** What a field says when its value is refused: the lesson behind it and what to write instead. */
interface FieldAdvice {
  readonly lesson?: LessonId;
  readonly mend: string;
}

/** The advice of every field, for the messages of `read.ts` and the reference in docs/configuration.md. */
export const advice = z.registry<FieldAdvice>();

const text = (what: string, valid: (value: string) => boolean, mend: string, lesson?: LessonId) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `is not ${what}`) })
    .refine(valid, `is not ${what}`)
    .register(advice, lesson === undefined ? { mend } : { mend, lesson });

const matching = (what: string, pattern: RegExp, mend: string, lesson?: LessonId) =>
  text(what, (value) => pattern.test(value), mend, lesson);

const whole = (what: string, least: number, most: number, lesson?: LessonId) => {
  const range = `is not a whole number from ${least} to ${most}`;
  const mend = `write ${what} as a whole number from ${least} to ${most}`;
  return z
    .int({ error: (issue) => (issue.input === undefined ? undefined : range) })
    .min(least, range)
    .max(most, range)
    .register(advice, lesson === undefined ? { mend } : { mend, lesson });
};

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const address = (lesson: LessonId = "N2") =>
  text(
    "an IPv4 address",
    (value) => parseAddress(value) !== undefined,
    "write four numbers from 0 to 255, such as 10.88.145.190, without a prefix length",
    lesson,
  );
const cidr = (lesson: LessonId = "N1") =>
  text(
    "a network in CIDR form",
    (value) => parseCidr(value) !== undefined,
    "write the first address of the network and its prefix length, such as 10.88.145.0/24",
    lesson,
  );
const range = (lesson: LessonId = "N2") =>
  text(
    "a range of addresses",
    (value) => parseRange(value) !== undefined,
    "write a CIDR (192.168.10.224/28) or two addresses, the lower first (10.88.145.199-10.88.145.219)",
    lesson,
  );
const name = (what: string) =>
  matching(
    `a name for ${what}`,
    label,
    "use lower-case letters, digits and inner hyphens, 63 characters at most",
  );
const domainName = (what: string) =>
  matching(
    `${what}`,
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "write a name of at least two parts in lower case, such as lab.home.arpa",
  );
const httpsUrl = (lesson: LessonId = "C5") =>
  text(
    "an https URL without credentials",
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return url !== undefined && url.protocol === "https:" && url.username === "" && url.password === "";
    },
    "write https://HOST or https://HOST:PORT; credentials are secrets of their own",
    lesson,
  );
const sshPublicKey = (what: string) =>
  matching(
    what,
    /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,2}( .*)?$/,
    "paste the one-line public key, such as the contents of id_ed25519.pub or /etc/ssh/ssh_host_ed25519_key.pub",
    "C5",
  );
const absolutePath = (lesson: LessonId) =>
  matching(
    "an absolute path",
    /^(\/[A-Za-z0-9._-]+)+$/,
    "write a path that begins with / and has no trailing slash",
    lesson,
  );

const datastore = z.strictObject({
  sizeGiB: whole("the size of the datastore in GiB", 1, 1_000_000, "C3"),
  /** What Proxmox may keep there; `import` and `snippets` are off by default on a new installation. */
  content: z.array(
    z.enum(["images", "import", "snippets", "iso", "backup", "rootdir", "vztmpl"]).register(advice, {
      mend: "write content types as Proxmox spells them: images, import, snippets, iso, backup, rootdir, vztmpl",
    }),
  ),
});

const proxmoxHost = z.strictObject({
  address: address(),
  network: name("a network"),
  /** Hardware threads, as `nproc` on the host says. */
  threads: whole("the host's threads", 1, 1024, "C3"),
  /** Memory the host itself sees (`free -g`), not what the DIMMs add up to. */
  memoryGiB: whole("the host's memory in GiB", 1, 65_536, "C3"),
  /** Kept for Proxmox, ZFS or page cache. */
  reservedMemoryGiB: whole("the memory kept for the host in GiB", 1, 65_536, "C3"),
  /** How many virtual cores may share one thread. Memory is never overcommitted. */
  coreOvercommit: z
    .number({ error: (issue) => (issue.input === undefined ? undefined : "is not a number from 1 to 8") })
    .min(1, "is not a number from 1 to 8")
    .max(8, "is not a number from 1 to 8")
    .register(advice, {
      mend: "write how many virtual cores may share one thread, from 1 to 8",
      lesson: "C3",
    }),
  bridges: z.array(
    matching(
      "a bridge",
      /^[a-z][a-z0-9]{0,14}$/,
      "write the bridge as Proxmox names it, such as vmbr0",
      "N1",
    ),
  ),
  datastores: z.record(name("a datastore"), datastore),
});

const proxmox = z.strictObject({
  endpoint: httpsUrl(),
  /** The account on the hosts that may write snippets by SFTP, and nothing else: see docs/proxmox.md. */
  snippetUser: name("an account"),
  /** The image every virtual machine starts from. */
  image: z.strictObject({
    url: httpsUrl("P3"),
    checksum: matching(
      "a SHA-512 checksum",
      /^[0-9a-f]{128}$/,
      "copy the 128 hexadecimal digits from the image's SHA512SUMS",
      "P3",
    ),
  }),
  hosts: z.record(name("a Proxmox host"), proxmoxHost),
});

const network = z.strictObject({
  vlan: whole("the VLAN", 1, 4094, "N1"),
  cidr: cidr(),
  gateway: address("N1"),
  /** Where the gateway sends what is not its own: another network of this file, or `internet`. */
  upstream: name("the network upstream, or internet"),
  /** The Proxmox bridge that carries this VLAN; only where virtual machines sit on it. */
  bridge: matching(
    "a bridge",
    /^[a-z][a-z0-9]{0,14}$/,
    "write the bridge as Proxmox names it, such as vmbr0",
    "N1",
  ).optional(),
  /** Addresses a DHCP server hands out; nothing of this lab may lie among them. */
  dhcpRange: range().optional(),
});

const disk = z.strictObject({
  /** Becomes the mount point /mnt/longhorn/NAME. */
  name: matching(
    "a name for a disk",
    /^[a-z0-9][a-z0-9-]{0,11}$/,
    "use 1 to 12 lower-case letters, digits and hyphens",
    "S5",
  ),
  sizeGiB: whole("the size of the disk in GiB", 1, 65_536, "S9"),
  /** Longhorn disk tags; a storage class may ask for one. */
  tags: z.array(name("a disk tag")).default([]),
  /** The SCSI slot of a virtual disk. Explicit, since a disk that changes its slot is a new, empty disk. */
  slot: whole("the SCSI slot", 1, 9, "S3").optional(),
  /** The serial of a physical disk, as `lsblk -dno SERIAL` prints it. */
  serial: matching(
    "a serial",
    /^[A-Za-z0-9._-]{1,64}$/,
    "copy what `lsblk -dno SERIAL` prints for the disk",
    "S3",
  ).optional(),
  /** The owner's order to destroy what is on this disk, once; a new date is a new order. */
  wipe: matching(
    "an order to wipe",
    /^20\d\d-\d\d-\d\d$/,
    "write the day of the order, such as 2026-11-21; it is carried out once, and remembered on the disk and on the node",
    "S3",
  ).optional(),
  /** Where Longhorn already uses this physical disk: adopted as it is, never formatted. */
  adopt: absolutePath("S3").optional(),
});

const virtualMachine = z.strictObject({
  host: name("a Proxmox host"),
  id: whole("the VM id", 100, 999_999_999, "N2"),
  cores: whole("the cores", 1, 512, "C3"),
  memoryGiB: whole("the memory in GiB", 2, 4096, "C3"),
  systemDiskGiB: whole("the system disk in GiB", 16, 4096, "C3"),
  datastore: name("a datastore"),
});

const existingHost = z.strictObject({
  hostKey: sshPublicKey("an SSH host key"),
  cores: whole("the cores", 1, 1024, "C4"),
  memoryGiB: whole("the memory in GiB", 2, 65_536, "C4"),
});

const taint = matching(
  "a taint",
  /^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
  "write KEY=VALUE:EFFECT, with an effect of NoSchedule, PreferNoSchedule or NoExecute",
  "K6",
);

const node = z.strictObject({
  role: z
    .enum(["server", "agent"], {
      error: (issue) => (issue.input === undefined ? undefined : "is neither server nor agent"),
    })
    .register(advice, { mend: "write server (control plane and etcd) or agent (worker)", lesson: "K1" }),
  network: name("a network"),
  address: address(),
  /** Exactly one of `vm` and `existing`: a machine the program makes, or one it finds. */
  vm: virtualMachine.optional(),
  existing: existingHost.optional(),
  /**
   * The owner's order to make this node anew: a virtual machine is replaced, and everything that was done to the machine
   * before is done to this one. A new date is a new order.
   */
  born: matching(
    "a day",
    /^20\d\d-\d\d-\d\d$/,
    "write the day of the order, such as 2026-11-21; a later day is another order",
    "K6",
  ).optional(),
  /** Disks for Longhorn. */
  disks: z.array(disk).default([]),
  labels: z
    .record(
      matching(
        "a label key",
        /^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?$/,
        "write a Kubernetes label key",
        "K6",
      ),
      matching(
        "a label value",
        /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
        "write a label value, in quotes where it is true, false or a number",
        "K6",
      ),
    )
    .default({}),
  taints: z.array(taint).default([]),
});

const cluster = z.strictObject({
  version: matching(
    "an exact K3s version",
    /^v1\.\d{1,2}\.\d{1,2}\+k3s\d{1,2}$/,
    "write a released version in full, such as v1.36.2+k3s1; channels and ranges are no versions",
    "P3",
  ),
  /** SHA-256 of that release's amd64 binary, checked before it is installed. */
  checksum: matching(
    "a SHA-256 checksum",
    /^[0-9a-f]{64}$/,
    "copy the 64 hexadecimal digits of the line `k3s` in the release's sha256sum-amd64.txt",
    "P3",
  ),
  apiAddress: address("K5"),
  ingressAddress: address(),
  loadBalancerPool: range(),
  podCidr: cidr("N2"),
  serviceCidr: cidr("N2"),
  kubeletDirectory: absolutePath("K3"),
  /**
   * How pods of different nodes reach each other: in VXLAN tunnels, which any network carries, or `native` by routes
   * on the nodes themselves, which is faster and needs all of them on one network.
   */
  podRouting: z
    .enum(["vxlan", "native"], {
      error: (issue) => (issue.input === undefined ? undefined : "is neither vxlan nor native"),
    })
    .register(advice, { mend: "write vxlan, or native where all nodes share one network", lesson: "N1" })
    .default("vxlan"),
  /** Counts true rebuilds: part of the Kubernetes provider's identity, so that nothing else ever replaces it. */
  revision: whole("the revision", 1, 9999),
  /** A new value fetches the kubeconfig anew; its certificates live one year. */
  kubeconfigRotation: matching("a quarter", /^20\d\d-Q[1-4]$/, "write the current quarter, such as 2026-Q4"),
  /** Mirrors by registry, tried in order before the registry itself. */
  mirrors: z
    .record(
      matching(
        "a registry host",
        /^([a-z0-9-]+\.)+[a-z]+(:\d+)?$/,
        "write the registry's host, such as docker.io",
        "I3",
      ),
      z.array(httpsUrl("I3")),
    )
    .default({}),
  /** Images pulled onto every node before anything needs them. */
  prePull: z
    .array(
      matching(
        "an image with its version",
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?(\/[a-z0-9._-]+)+:(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?$/,
        "write REGISTRY/REPOSITORY:VERSION in full, such as docker.io/library/mongo:7.0.24",
        "I2",
      ),
    )
    .default([]),
});

const dns = z.strictObject({
  upstreams: z
    .array(address("N8"))
    .min(1, "is empty")
    .max(3, "has more than the three servers that a resolver uses")
    .register(advice, { mend: "name one to three DNS servers, such as 1.1.1.1 and 8.8.8.8", lesson: "N8" }),
});

const asn = whole("an AS number", 1, 4_294_967_294, "N5");

const ingress = z.strictObject({
  /** What serves the one Gateway. */
  gateway: z
    .enum(["cilium", "traefik"], {
      error: (issue) => (issue.input === undefined ? undefined : "is neither cilium nor traefik"),
    })
    .register(advice, { mend: "write cilium or traefik; exactly one serves the Gateway", lesson: "N11" })
    .default("cilium"),
  /** How the network learns where an address of the pool is: by ARP on the nodes' segment, or from BGP. */
  announce: z
    .enum(["l2", "bgp"], {
      error: (issue) => (issue.input === undefined ? undefined : "is neither l2 nor bgp"),
    })
    .register(advice, { mend: "write l2, or bgp with the section lab:ingress.bgp", lesson: "N5" })
    .default("l2"),
  bgp: z
    .strictObject({
      /** The cluster's own AS number. */
      asn,
      /** The routers that the nodes peer with, by name. */
      peers: z.record(name("a BGP peer"), z.strictObject({ address: address("N5"), asn })),
      /** The nodes that announce; they get the label that the peering selects. */
      nodes: z.array(name("a node")),
    })
    .optional(),
});

const certificates = z.strictObject({
  /** Who signs: the lab's own authority, which lives in the state and outlives the cluster, or a public one. */
  issuer: z
    .enum(["selfSigned", "acme"], {
      error: (issue) => (issue.input === undefined ? undefined : "is neither selfSigned nor acme"),
    })
    .register(advice, {
      mend: "write selfSigned, or acme with the section lab:certificates.acme",
      lesson: "T1",
    })
    .default("selfSigned"),
  acme: z
    .strictObject({
      /** Where the authority sends warnings. */
      email: matching(
        "an e-mail address",
        /^[^@\s]+@([a-z0-9-]+\.)+[a-z]+$/i,
        "write the address of a person, such as the owner's",
        "T1",
      ),
      /** Certificates of the staging directory are not trusted, and cost nothing of the weekly allowance. */
      directory: z
        .enum(["production", "staging"], {
          error: (issue) => (issue.input === undefined ? undefined : "is neither production nor staging"),
        })
        .register(advice, { mend: "write production, or staging to try it out", lesson: "T1" })
        .default("production"),
      /** Who serves the domain's DNS: a wildcard is proven by a TXT record and by nothing else. */
      solver: z
        .enum(["cloudflare", "rfc2136"], {
          error: (issue) => (issue.input === undefined ? undefined : "is neither cloudflare nor rfc2136"),
        })
        .register(advice, {
          mend: "write cloudflare, or rfc2136 for a name server that takes signed updates; its key is the secret lab:dnsToken",
          lesson: "T1",
        }),
      rfc2136: z
        .strictObject({
          nameserver: address("T1"),
          keyName: matching(
            "the name of a TSIG key",
            /^[a-z0-9][a-z0-9.-]{0,62}$/,
            "write the key's name as the name server has it",
            "T1",
          ),
          algorithm: z
            .enum(["HMACSHA256", "HMACSHA512"], {
              error: (issue) =>
                issue.input === undefined ? undefined : "is neither HMACSHA256 nor HMACSHA512",
            })
            .register(advice, { mend: "write HMACSHA256 or HMACSHA512, as the key was made", lesson: "T1" }),
        })
        .optional(),
    })
    .optional(),
});

const ssh = z.strictObject({
  /** The account on the nodes; with sudo, without a password. */
  user: matching(
    "an account name",
    /^[a-z_][a-z0-9_-]{0,30}$/,
    "write a Unix account name other than root",
    "C5",
  ),
  /** Keys of people, beside the program's own, whose private part is the secret lab:sshPrivateKey. */
  authorizedKeys: z.array(sshPublicKey("an SSH public key")).default([]),
});

const storage = z.strictObject({
  replicas: whole("the replicas of a volume", 1, 10, "S9"),
  reservePercent: whole("the share of each disk kept free, in percent", 5, 60, "S9"),
  /** Longhorn's release; an older one only while an upgrade is on its way through every minor version. */
  longhornVersion: z
    .enum(longhornVersions, {
      error: (issue) =>
        issue.input === undefined ? undefined : "is no release of Longhorn that the program can install",
    })
    .register(advice, { mend: `write one of ${longhornVersions.join(", ")}`, lesson: "P3" })
    .default(charts.longhorn.version),
  /** Storage classes on disks with a tag, beside the class longhorn on all of them: `optane` becomes longhorn-optane. */
  tiers: z
    .record(
      name("a tier"),
      z.strictObject({
        tag: name("a disk tag"),
        replicas: whole("the replicas of a volume", 1, 10, "S9"),
      }),
    )
    .default({}),
  /** Directories of a file server, by name: `media` becomes the storage class nfs-media. */
  shares: z
    .record(
      name("a share"),
      z.strictObject({
        server: address("S10"),
        path: absolutePath("S10"),
        sizeGiB: whole("the size of the share in GiB", 1, 10_000_000, "S10"),
        mountOptions: z
          .array(
            matching(
              "a mount option",
              /^[a-z]+(=[a-z0-9.,_-]+)?$/,
              "write options as mount -o takes them, one an entry, such as nfsvers=4.2",
              "S10",
            ),
          )
          .default(["nfsvers=4.2", "hard", "noatime"]),
      }),
    )
    .default({}),
  /** How old the newest backup of every volume may be when storage is upgraded. */
  backupLimitHours: whole("the age of the newest backup in hours", 1, 168, "K4").default(26),
});

const backup = z.strictObject({
  bucket: matching(
    "a bucket",
    /^[a-z0-9][a-z0-9-]{4,61}[a-z0-9]$/,
    "write the bucket's name: 6 to 63 lower-case letters, digits and hyphens",
    "B3",
  ),
  endpoint: httpsUrl("B3"),
  region: matching(
    "a region",
    /^[a-z]{2}-[a-z]+-\d{3}$/,
    "write the region as Backblaze does, such as eu-central-003",
    "B3",
  ),
});

const exemption = z.strictObject({
  lesson: z.string().register(advice, { mend: "write a lesson's id, such as K1" }),
  /** The name of the resource or node that is exempt; the whole stack where it is left out. */
  name: z.string().optional(),
  reason: z
    .string()
    .min(20, "is too short to be understood a year from now")
    .register(advice, { mend: "say in a sentence why the lesson does not hold here" }),
});

/** The shape of a lab, key by key as `Pulumi.STACK.yaml` has them under `lab:`. */
export const labSchema = z.strictObject({
  domain: domainName("a domain"),
  /** Whether it holds what cannot be made again. Then machines and what holds data are protected, and a destroy stops. */
  production: z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : "is neither true nor false") })
    .register(advice, {
      mend: "write true, or false for a lab that may be destroyed at any time",
      lesson: "S12",
    })
    .default(true),
  /**
   * The owner's order to take a production lab down, as the phrase `destroy DOMAIN`: the next `up` lifts every
   * protection, and `pulumi destroy` then goes through.
   */
  teardown: z
    .string()
    .register(advice, { mend: "write `destroy ` and the lab's domain", lesson: "S12" })
    .optional(),
  proxmox: proxmox.optional(),
  networks: z.record(name("a network"), network),
  /** Addresses of things this lab does not make but must not collide with, by name. */
  reserved: z.record(name("a reserved address"), address()).default({}),
  ssh,
  nodes: z.record(name("a node"), node),
  cluster,
  dns,
  ingress: ingress.prefault({}),
  certificates: certificates.prefault({}),
  storage,
  backup,
  exemptions: z.array(exemption).default([]),
});

/** A lab as its file has it: types and forms are right, nothing has been compared with anything else yet. */
export type LabConfig = z.infer<typeof labSchema>;
export type NodeConfig = z.infer<typeof node>;

/**
 * Fields that are no part of the schema because a lesson forbids them, by their last path segment. They get
 * the lesson's message where any other unknown field gets only the list of known ones.
 */
export const forbiddenFields: Readonly<Record<string, FieldAdvice & { readonly lesson: LessonId }>> = {
  password: { lesson: "C5", mend: "remove it: nodes are reached by key only" },
  rootPassword: { lesson: "C5", mend: "remove it: nodes are reached by key only" },
  version: { lesson: "K2", mend: "remove it: lab:cluster.version holds for every node" },
  k3sVersion: { lesson: "K2", mend: "remove it: lab:cluster.version holds for every node" },
  kubeletDirectory: {
    lesson: "K3",
    mend: "remove it: lab:cluster.kubeletDirectory holds for K3s and every CSI driver",
  },
  kubeletRootDir: {
    lesson: "K3",
    mend: "remove it: lab:cluster.kubeletDirectory holds for K3s and every CSI driver",
  },
  diskUUID: { lesson: "S5", mend: "remove it: Longhorn writes a disk's UUID itself" },
  dhcp: { lesson: "N2", mend: "remove it: every node has a fixed address" },
  cpuType: { lesson: "C1", mend: "remove it: every virtual machine has CPU type host" },
};
