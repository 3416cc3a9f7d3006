import { z } from "zod";
import type { LessonId } from "../catalog/lessons.ts";
import { field, fields, section } from "./fieldDocs.ts";
import {
  address,
  advice,
  boolean,
  cidr,
  domainName,
  type FieldAdvice,
  integer,
  name,
  pattern,
  range,
  sshPublicKey,
} from "./fields.ts";
import { backup } from "./sections/backup.ts";
import { certificates } from "./sections/certificates.ts";
import { cluster } from "./sections/cluster.ts";
import { data } from "./sections/data.ts";
import { identity } from "./sections/identity.ts";
import { ingress } from "./sections/ingress.ts";
import { itil } from "./sections/itil.ts";
import { mcp } from "./sections/mcp.ts";
import { node } from "./sections/node.ts";
import { proxmox } from "./sections/proxmox.ts";
import { registry } from "./sections/registry.ts";
import { restore } from "./sections/restore.ts";
import { storage } from "./sections/storage.ts";
import { tailscale } from "./sections/tailscale.ts";

const network = fields({
  vlan: field(integer("the VLAN", 1, 4094, "N1"), {
    meaning: "VLAN id.",
    unit: "none",
    example: 20,
    change:
      "The network interfaces of its virtual machines move to the VLAN at once. Change the switch at the same time.",
  }),
  cidr: field(cidr(), {
    meaning: "IPv4 network in CIDR form. Networks do not overlap.",
    example: "10.20.2.0/24",
    change:
      "cloud-init sets addresses at the first boot only: give every virtual machine of the network a new `address` and a `rebuild` token.",
  }),
  gateway: field(address("N1"), {
    meaning: "IPv4 address of the network's gateway.",
    example: "10.20.2.1",
    change:
      "cloud-init sets the default route at the first boot only: change it on the machines too, or give each a `rebuild` token. The network gate checks it again (N3).",
  }),
  upstream: field(name("the network upstream, or internet"), {
    meaning: "Where the gateway routes other traffic: another network of `lab:networks`, or `internet` (N6).",
    example: "management",
    change: "Only the checks and the documentation of the routes use it.",
  }),
  bridge: field(
    pattern(
      "a bridge",
      /^[a-z][a-z0-9]{0,14}$/,
      "write the bridge as Proxmox names it, such as vmbr0",
      "N1",
    ).optional(),
    {
      meaning:
        "Linux bridge on the Proxmox hosts that carries the VLAN. Required where virtual machines use the network.",
      example: "vmbr0",
      omitted: "No virtual machine uses the network.",
      change: "The network interfaces of its virtual machines move to the bridge at once.",
    },
  ),
  dhcpRange: field(range().optional(), {
    meaning: "IPv4 addresses that a DHCP server assigns. No address of the lab may be among them (N2).",
    example: "10.20.2.100-10.20.2.150",
    omitted: "The network has no DHCP server.",
    change: "Only the checks use it.",
  }),
});

const dns = fields({
  upstreams: field(
    z
      .array(address("N8"))
      .min(1, "is empty")
      .max(3, "has more than the three servers that a resolver uses")
      .register(advice, { fix: "name one to three DNS servers, such as 1.1.1.1 and 8.8.8.8", lesson: "N8" }),
    {
      meaning: "One to three upstream DNS servers of nodes and cluster DNS (N8).",
      example: ["1.1.1.1", "8.8.8.8"],
      change:
        "K3s restarts on every node, the servers one after another, and CoreDNS restarts. The network gate asks the new servers (N3).",
    },
  ),
});

const ssh = fields({
  user: field(
    pattern("an account name", /^[a-z_][a-z0-9_-]{0,30}$/, "write a Unix account name other than root", "C5"),
    {
      meaning: "Account on the nodes, with sudo and without a password.",
      example: "lab",
      change:
        "Existing nodes do not have the new account, so that every step fails to connect. Create it on each node first.",
    },
  ),
  authorizedKeys: field(z.array(sshPublicKey("an SSH public key")).default([]), {
    meaning: "Public keys of people, in addition to the key of the secret `lab:sshPrivateKey`.",
    example: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM ada@laptop"],
    change: "The keys of the account on every node are replaced at once.",
  }),
});

const exemption = fields({
  lesson: field(z.string().register(advice, { fix: "write a lesson's id, such as K1" }), {
    meaning: "Id of the lesson (docs/lessons/README.md).",
    example: "K1",
    change: "The check is off, or on again.",
  }),
  name: field(z.string().optional(), {
    meaning: "Name of the resource or node that is exempt.",
    example: "grafana",
    omitted: "The whole stack is exempt.",
    change: "The check is off for that name, or on again.",
  }),
  reason: field(
    z
      .string()
      .min(20, "is too short to be understood a year from now")
      .register(advice, { fix: "say in a sentence why the lesson does not hold here" }),
    {
      meaning: "Why the lesson does not apply, in 20 characters or more.",
      example: "one server until the second host arrives",
      change: "Nothing.",
    },
  ),
});

/** The shape of a lab, key by key as `Pulumi.STACK.yaml` has them under `lab:`. */
export const labSchema = fields({
  domain: field(domainName("a domain"), {
    meaning:
      "DNS domain of the lab. Every service is a host in it. Use a domain of your own, or one below home.arpa (RFC 8375).",
    example: "lab.example.org",
    change:
      "Refused while the lab is protected: certificates of the lab's CA and registry contain the domain. Otherwise every service moves to the new domain.",
  }),
  production: field(
    boolean("write true, or false for a lab that may be destroyed at any time", "S12").default(true),
    {
      meaning:
        "Whether the lab has data that cannot be recreated. If so, machines and data are protected, and `pulumi destroy` stops at the first of them (S12).",
      example: false,
      change: "The next `up` adds or removes the protection of machines, volumes, keys and passwords.",
    },
  ),
  teardown: field(
    z.string().register(advice, { fix: "write `destroy ` and the lab's domain", lesson: "S12" }).optional(),
    {
      meaning: "Order to take a production lab down: `destroy DOMAIN`, with the lab's domain.",
      example: "destroy lab.example.org",
      omitted: "The lab is protected as `production` says.",
      change: "The next `up` removes every protection, and `pulumi destroy` then deletes the lab (S12).",
    },
  ),
  proxmox: section(proxmox.optional(), {
    meaning: "The Proxmox hosts, and the image of the virtual machines.",
    omitted: "Every node is an existing host.",
    change: "Refused while the lab has virtual machines.",
  }),
  networks: section(z.record(name("a network"), network), {
    meaning: "Networks of the lab, by name.",
    change: "See its fields.",
  }),
  reserved: field(z.record(name("a reserved address"), address()).default({}), {
    meaning: "IPv4 addresses of devices outside the lab, by name. The lab does not use them (N2).",
    example: { nas: "10.20.1.9" },
    change: "Only the checks use it.",
  }),
  ssh: section(ssh, { meaning: "SSH access to the nodes.", change: "See its fields." }),
  nodes: section(z.record(name("a node"), node), {
    meaning:
      "Nodes of the cluster, by name. The first server by name creates the cluster, the others join it.",
    change:
      "A new node joins the running cluster. Take a node out of the cluster before its entry is removed (docs/how-to/nodes.md); its virtual machine is protected.",
  }),
  cluster: section(cluster, { meaning: "The K3s cluster.", change: "See its fields." }),
  dns: section(dns, { meaning: "Upstream DNS servers.", change: "See its fields." }),
  ingress: section(ingress.prefault({}), {
    meaning: "The Gateway, and how the network learns its address.",
    change: "See its fields.",
  }),
  certificates: section(certificates.prefault({}), {
    meaning: "Issuer of the wildcard certificate.",
    change: "See its fields.",
  }),
  storage: section(storage, { meaning: "Longhorn and NFS volumes.", change: "See its fields." }),
  identity: section(identity.prefault({}), {
    meaning: "People, groups and access to services (Authentik).",
    change: "See its fields.",
  }),
  data: section(data.optional(), {
    meaning: "Databases of the ITIL services.",
    omitted: "The lab has no databases.",
    change: "Adding it installs the databases. Removing it is refused while the lab is protected.",
  }),
  backup: section(backup, {
    meaning: "Backups in an S3 bucket, by Velero, Longhorn, K3s and the databases.",
    change: "See its fields.",
  }),
  restore: section(restore.optional(), {
    meaning: "Source of the data for a rebuild (docs/runbooks/rebuild.md).",
    omitted: "Every volume and database starts empty.",
    change:
      "Adding it to a lab that runs changes no existing data. Remove it after the rebuild: the read-only location of the earlier generation is deleted.",
  }),
  registry: section(registry.optional(), {
    meaning: "Container registry of the lab: pushed images, and pull-through caches (I3).",
    omitted: "The lab has no registry.",
    change:
      "Adding it restarts K3s on every node, the servers one after another. Removing it is refused while the lab is protected.",
  }),
  tailscale: section(tailscale.optional(), {
    meaning: "Access to the Gateway from a tailnet. The credential is the secret `lab:tailscaleAuthKey`.",
    omitted: "The lab is reachable from its own networks only.",
    change: "The pod is created or deleted. Nothing else changes.",
  }),
  mcp: section(mcp.optional(), {
    meaning: "Servers of the Model Context Protocol, behind the login.",
    omitted: "The lab has no MCP servers.",
    change: "The servers are created or deleted. Nothing else changes.",
  }),
  itil: section(itil.optional(), {
    meaning: "Services of the ITIL platform. It needs `lab:data`.",
    omitted: "The lab has no ITIL platform.",
    change: "The services are created or deleted. Their databases stay.",
  }),
  exemptions: section(z.array(exemption).default([]), {
    meaning: "Lessons that are not enforced in this stack, each with its reason.",
    change: "The check is off, or on again.",
  }),
});

/** A lab as its file has it. Types and forms are valid; the rules have not compared fields yet. */
export type LabConfig = z.infer<typeof labSchema>;
export type NodeConfig = z.infer<typeof node>;

/**
 * Fields that a lesson forbids, by their last path segment. Their message names the lesson; the message for any other
 * unknown field lists the known fields.
 */
export const forbiddenFields: Readonly<Record<string, FieldAdvice & { readonly lesson: LessonId }>> = {
  password: {
    lesson: "C5",
    fix: "remove it: nodes are reached by key only, and the passwords of mirrors are the secret lab:mirrorPasswords",
  },
  rootPassword: { lesson: "C5", fix: "remove it: nodes are reached by key only" },
  version: { lesson: "K2", fix: "remove it: lab:cluster.version applies to every node" },
  k3sVersion: { lesson: "K2", fix: "remove it: lab:cluster.version applies to every node" },
  kubeletDirectory: {
    lesson: "K3",
    fix: "remove it: lab:cluster.kubeletDirectory applies to K3s and every CSI driver",
  },
  kubeletRootDir: {
    lesson: "K3",
    fix: "remove it: lab:cluster.kubeletDirectory applies to K3s and every CSI driver",
  },
  diskUUID: { lesson: "S5", fix: "remove it: Longhorn writes a disk's UUID itself" },
  dhcp: { lesson: "N2", fix: "remove it: every node has a fixed address" },
  cookieSecret: { lesson: "A1", fix: "remove it: the program generates each one, of 32 random bytes" },
  clientSecret: { lesson: "A5", fix: "remove it: the program generates each one; rotation changes it" },
  storageClass: {
    lesson: "D1",
    fix: "remove it: Elasticsearch and Neo4j store their data in a directory of their node, without Longhorn",
  },
  cpuType: { lesson: "C1", fix: "remove it: every virtual machine has CPU type host" },
};
