import { z } from "zod";
import type { LessonId } from "../catalog/lessons.ts";
import {
  address,
  advice,
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

const network = z.strictObject({
  vlan: integer("the VLAN", 1, 4094, "N1"),
  cidr: cidr(),
  gateway: address("N1"),
  /** Where the gateway sends what is not its own: another network of this file, or `internet`. */
  upstream: name("the network upstream, or internet"),
  /** The Proxmox bridge that carries this VLAN; only where virtual machines sit on it. */
  bridge: pattern(
    "a bridge",
    /^[a-z][a-z0-9]{0,14}$/,
    "write the bridge as Proxmox names it, such as vmbr0",
    "N1",
  ).optional(),
  /** Addresses a DHCP server hands out; nothing of this lab may lie among them. */
  dhcpRange: range().optional(),
});

const dns = z.strictObject({
  upstreams: z
    .array(address("N8"))
    .min(1, "is empty")
    .max(3, "has more than the three servers that a resolver uses")
    .register(advice, { fix: "name one to three DNS servers, such as 1.1.1.1 and 8.8.8.8", lesson: "N8" }),
});

const ssh = z.strictObject({
  /** The account on the nodes; with sudo, without a password. */
  user: pattern(
    "an account name",
    /^[a-z_][a-z0-9_-]{0,30}$/,
    "write a Unix account name other than root",
    "C5",
  ),
  /** Keys of people, beside the program's own, whose private part is the secret lab:sshPrivateKey. */
  authorizedKeys: z.array(sshPublicKey("an SSH public key")).default([]),
});

const exemption = z.strictObject({
  lesson: z.string().register(advice, { fix: "write a lesson's id, such as K1" }),
  /** The name of the resource or node that is exempt; the whole stack where it is left out. */
  name: z.string().optional(),
  reason: z
    .string()
    .min(20, "is too short to be understood a year from now")
    .register(advice, { fix: "say in a sentence why the lesson does not hold here" }),
});

/** The shape of a lab, key by key as `Pulumi.STACK.yaml` has them under `lab:`. */
export const labSchema = z.strictObject({
  domain: domainName("a domain"),
  /** Whether it holds what cannot be made again. Then machines and what holds data are protected, and a destroy stops. */
  production: z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : "is neither true nor false") })
    .register(advice, {
      fix: "write true, or false for a lab that may be destroyed at any time",
      lesson: "S12",
    })
    .default(true),
  /**
   * The owner's order to take a production lab down, as the phrase `destroy DOMAIN`: the next `up` lifts every
   * protection, and `pulumi destroy` then goes through.
   */
  teardown: z
    .string()
    .register(advice, { fix: "write `destroy ` and the lab's domain", lesson: "S12" })
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
  identity: identity.prefault({}),
  data: data.optional(),
  backup,
  restore: restore.optional(),
  registry: registry.optional(),
  tailscale: tailscale.optional(),
  mcp: mcp.optional(),
  itil: itil.optional(),
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
  password: {
    lesson: "C5",
    fix: "remove it: nodes are reached by key only, and the passwords of mirrors are the secret lab:mirrorPasswords",
  },
  rootPassword: { lesson: "C5", fix: "remove it: nodes are reached by key only" },
  version: { lesson: "K2", fix: "remove it: lab:cluster.version holds for every node" },
  k3sVersion: { lesson: "K2", fix: "remove it: lab:cluster.version holds for every node" },
  kubeletDirectory: {
    lesson: "K3",
    fix: "remove it: lab:cluster.kubeletDirectory holds for K3s and every CSI driver",
  },
  kubeletRootDir: {
    lesson: "K3",
    fix: "remove it: lab:cluster.kubeletDirectory holds for K3s and every CSI driver",
  },
  diskUUID: { lesson: "S5", fix: "remove it: Longhorn writes a disk's UUID itself" },
  dhcp: { lesson: "N2", fix: "remove it: every node has a fixed address" },
  cookieSecret: { lesson: "A1", fix: "remove it: the program makes each one, of 32 random bytes" },
  clientSecret: { lesson: "A5", fix: "remove it: the program makes each one; rotation changes it" },
  storageClass: {
    lesson: "D1",
    fix: "remove it: Elasticsearch and Neo4j are on a directory of their node, and nothing of Longhorn's is under them",
  },
  cpuType: { lesson: "C1", fix: "remove it: every virtual machine has CPU type host" },
};
