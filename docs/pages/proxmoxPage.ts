import { type Privilege, privileges, type Scope } from "../../components/proxmox/privileges.ts";

/** Where the ACL entries of the role go, by what the API checks there. */
const aclPaths: Readonly<Record<Scope, { readonly path: string; readonly what: string }>> = {
  machines: { path: "/vms", what: "the virtual machines" },
  disks: { path: "/storage/local-lvm", what: "each datastore with disks" },
  files: { path: "/storage/local", what: "the datastore with images and snippets" },
  hosts: { path: "/nodes", what: "the hosts" },
  bridges: { path: "/sdn/zones/localnetwork", what: "the bridges" },
};

/** The preparation of a Proxmox host. The role is the list that the program checks on the host. */
export function proxmoxPage(): string {
  const scopes = (Object.keys(aclPaths) as Scope[]).filter((scope) =>
    privileges.some((privilege) => privilege.scopes.includes(scope)),
  );
  return `# Prepare a Proxmox host

Run these steps once on each Proxmox host, as root, before the first \`up\`. They need Proxmox VE 8.4 or later, which can import a disk
image through the API.

## Role and token

    pveum role add Homelab --privs "${privileges.map(({ name }) => name).join(" ")}"
    pveum user add pulumi@pve
${scopes.map((scope) => `    pveum acl modify ${aclPaths[scope].path.padEnd(23)} --roles Homelab --users pulumi@pve`).join("\n")}
    pveum user token add pulumi@pve homelab --privsep 0

| privilege | checked on | Proxmox requires it for |
| --- | --- | --- |
${privileges.map(row).join("\n")}

The token is printed once, as \`pulumi@pve!homelab=UUID\`:

    npx pulumi config set --secret lab:proxmoxApiToken

The list is complete and minimal. \`npm run test:engine\` runs the Proxmox layer with the real plugin and exactly
these privileges against a simulator of the API. The places where the simulator is less strict than Proxmox VE were read from its
source (qemu-server, pve-storage and pve-access-control of August 2026):

- \`Sys.Modify\` on \`/\`, the right to reconfigure the host, is not in the role. Proxmox requires it for a start order
  (\`startup\`), so the program sets none; and for a download by URL, where \`Sys.AccessNetwork\` on the host does as well.
- \`Sys.Console\` on \`/\` is not in the role. Proxmox requires it for the host's own CD-ROM drive, which the provider adds to
  every machine without a \`cdrom\`; the program sets an empty one.

Before the first resource on a host is created or changed, an \`up\` reads from the API its version, the permissions of the
token, the hosts, and the content types of the datastores, and checks the SSH server. It reports what is missing with the command
that fixes it, and creates nothing on that host ([0017](../decisions/0017-proxmox-host-gate.md)).

## Content types

\`import\` and \`snippets\` are not enabled for \`local\` on a new installation:

    pvesm set local --content iso,vztmpl,backup,import,snippets

## Snippets by SFTP

The API cannot upload cloud-init user data. The program uploads it by SFTP, with an account that has no other permission:

    useradd --create-home --shell /usr/sbin/nologin snippets
    install -d -m 0700 -o snippets -g snippets ~snippets/.ssh
    # the public part of lab:sshPrivateKey
    cat lab.pub > ~snippets/.ssh/authorized_keys
    chown snippets ~snippets/.ssh/authorized_keys
    chown snippets /var/lib/vz/snippets
    cat > /etc/ssh/sshd_config.d/snippets.conf <<'EOF'
    Match User snippets
      ForceCommand internal-sftp
      PasswordAuthentication no
      AllowTcpForwarding no
    EOF
    systemctl reload ssh

A snippet contains the private host key of its node, so it is created with mode 0600, owned by that account. Proxmox reads
snippets as root. It cannot read them on an NFS datastore that maps root to another user (\`root_squash\`): use a local datastore for
snippets.

## The host key

The provider accepts the SSH key of an unknown host, and records it. So the key of each host is pinned in the stack file. Print it on
the console of the host, not over the network that it must protect:

    cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub

and write it as \`lab:proxmox.hosts.NAME.hostKey\`. A preview works without it. An \`up\` that would create a machine fails
without it, prints the fingerprint that the host presents, and rejects a host that presents another key. The provider has no setting
for a key: it reads \`~/.ssh/known_hosts\` of the machine that runs Pulumi, to which the program adds the pinned key before the first
upload. The program rejects another key for the same address in that file, because the provider accepts every key there.

## The certificate

The provider verifies the certificate of the API. With the certificate of Proxmox itself, trust its authority on the machine that
runs Pulumi, and never disable the verification (policy \`c5-credentials\` rejects that):

    scp root@HOST:/etc/pve/pve-root-ca.pem .
    export SSL_CERT_FILE=$PWD/pve-root-ca.pem

## A change of memory or cores

Proxmox applies it when the machine is stopped and started. The provider stores it and restarts nothing, because one edit of a shared
default must not restart three servers at once. The \`up\` ends with a warning that names the machine, the change and the command; a
later \`up\` or \`refresh\` reports nothing, because the configuration on the host is correct. For each machine, one after another,
servers last:

    kubectl drain NODE --ignore-daemonsets --delete-emptydir-data
    qm reboot VMID          # on the Proxmox host: a shutdown and a start; a reboot inside the machine does not apply it
    kubectl wait node/NODE --for=condition=Ready --timeout=10m
    kubectl uncordon NODE

\`qm pending VMID\` lists pending changes. A disk grows at once, but not in the same update: Proxmox does not resize a disk of a
running machine with a pending change, and the preview rejects both changes together.

## Remove a protected machine

Every machine has the protection of Proxmox and Pulumi's \`protect\`. To delete one, remove both:

    npx pulumi state unprotect 'URN'
    qm set VMID --protection 0
`;
}

function row({ name, scopes, for: what, rootAlternative }: Privilege): string {
  const where = scopes.map((scope) => aclPaths[scope].what).join(", ");
  const instead =
    rootAlternative === undefined
      ? ""
      : `; ${rootAlternative.map((other) => `\`${other}\``).join(" and ")} on \`/\` do as well`;
  return `| \`${name}\` | ${where} | ${what}${instead} |`;
}
