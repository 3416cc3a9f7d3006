import { datastoreFor, usedHosts } from "../../config/datastores.ts";
import type { Lab } from "../../config/lab.ts";

/** The kinds of objects in Proxmox' permission tree on which a privilege is checked. */
export type Scope = "machines" | "disks" | "files" | "hosts" | "bridges";

export interface Privilege {
  readonly name: string;
  /** The kinds of objects on which the API checks it. */
  readonly scopes: readonly Scope[];
  /** The operation that the API denies without it. */
  readonly for: string;
  /** Privileges on `/` that the API accepts together instead. */
  readonly rootAlternative?: readonly string[];
}

/**
 * The privileges of the documented role; each of them is needed. docs/how-to/proxmox.md prints this list, hostGate.ts checks
 * it on the host, and proxmox.engine.test.ts runs the layer with each privilege missing. Proxmox VE itself checks them in
 * PVE/API2/Qemu.pm (qemu-server) and PVE/API2/Storage (pve-storage).
 */
export const privileges: readonly Privilege[] = [
  { name: "VM.Allocate", scopes: ["machines"], for: "creating and deleting a virtual machine" },
  { name: "VM.Audit", scopes: ["machines"], for: "reading its configuration and status" },
  { name: "VM.PowerMgmt", scopes: ["machines"], for: "starting it and shutting it down" },
  {
    name: "VM.Config.CDROM",
    scopes: ["machines"],
    for: "the cloud-init drive, and the empty drive that prevents the provider from attaching the host's CD-ROM drive",
  },
  { name: "VM.Config.CPU", scopes: ["machines"], for: "CPU type and cores" },
  {
    name: "VM.Config.Cloudinit",
    scopes: ["machines"],
    for: "address, name servers and user data of the first boot",
  },
  { name: "VM.Config.Disk", scopes: ["machines"], for: "disks, their growth and the boot order" },
  { name: "VM.Config.HWType", scopes: ["machines"], for: "machine type, SCSI controller, serial console" },
  { name: "VM.Config.Memory", scopes: ["machines"], for: "memory" },
  { name: "VM.Config.Network", scopes: ["machines"], for: "network devices" },
  {
    name: "VM.Config.Options",
    scopes: ["machines"],
    for: "name, description, tags, guest agent, start at boot, protection",
  },
  {
    name: "Datastore.AllocateSpace",
    scopes: ["disks", "files"],
    for: "disks, the import of the image into one, and listing a datastore",
  },
  { name: "Datastore.AllocateTemplate", scopes: ["files"], for: "downloading the system image" },
  {
    name: "Datastore.Allocate",
    scopes: ["files"],
    for: "reading the path of the datastore, listing and removing snippets and images",
  },
  {
    name: "Sys.AccessNetwork",
    scopes: ["hosts"],
    for: "a download by URL, for which the host opens a connection",
    rootAlternative: ["Sys.Audit", "Sys.Modify"],
  },
  { name: "SDN.Use", scopes: ["bridges"], for: "putting a network device on a bridge" },
];

/** The objects of a lab in a scope, as paths of Proxmox' permission tree. */
export function pathsOf(lab: Lab, scope: Scope): string[] {
  const machines = lab.nodes.flatMap((node) => (node.kind === "vm" ? [node.vm] : []));
  const paths: Readonly<Record<Scope, () => string[]>> = {
    machines: () => machines.map(({ id }) => `/vms/${id}`),
    disks: () =>
      machines.flatMap(({ datastore, disks }) =>
        [datastore, ...disks.map((disk) => disk.datastore)].map((name) => `/storage/${name}`),
      ),
    files: () =>
      usedHosts(lab.config).flatMap((host) =>
        (["import", "snippets"] as const).map(
          (content) => `/storage/${datastoreFor(lab.config.proxmox?.hosts[host], content)}`,
        ),
      ),
    hosts: () => usedHosts(lab.config).map((host) => `/nodes/${host}`),
    // A bridge outside of every SDN zone belongs to Proxmox' zone localnetwork.
    bridges: () => machines.map(({ bridge }) => `/sdn/zones/localnetwork/${bridge}`),
  };
  return [...new Set(paths[scope]())];
}

/** Permissions as returned by `GET /access/permissions`: by path, then privilege; 1 when child paths inherit the privilege. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Whether a token has a privilege on a path. Every path with an ACL entry is listed; other paths inherit from the nearest listed path. */
export function hasPrivilege(permissions: Permissions, path: string, privilege: string): boolean {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf("/")) || "/") {
    const granted = permissions[at];
    if (granted !== undefined) return at === path ? privilege in granted : granted[privilege] === 1;
    if (at === "/") return false;
  }
}

/** The privileges that a token lacks, with the paths on which it lacks them. */
export function missingPrivileges(
  lab: Lab,
  permissions: Permissions,
): { readonly privilege: Privilege; readonly paths: readonly string[] }[] {
  return privileges.flatMap((privilege) => {
    if (privilege.rootAlternative?.every((name) => hasPrivilege(permissions, "/", name))) return [];
    const paths = [...new Set(privilege.scopes.flatMap((scope) => pathsOf(lab, scope)))].filter(
      (path) => !hasPrivilege(permissions, path, privilege.name),
    );
    return paths.length === 0 ? [] : [{ privilege, paths }];
  });
}
