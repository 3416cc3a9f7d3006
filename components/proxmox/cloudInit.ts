import { stringify } from "yaml";

/** The cloud-init data of a machine's first boot. Guest scripts do everything else. */
export interface FirstBoot {
  readonly hostname: string;
  /** The account that the program logs in with. */
  readonly user: string;
  /** One-line public keys. */
  readonly authorizedKeys: readonly string[];
  /** The SSH host key pair. The program generates it, so that the first connection can already verify it (C5). */
  readonly hostPrivateKey: string;
  readonly hostPublicKey: string;
}

/**
 * The cloud-config document of a machine. cloud-init reads it once, at the first boot. A later change would make Proxmox
 * replace the disk that contains it, so the document is small and never updated.
 */
export function userData({
  hostname,
  user,
  authorizedKeys,
  hostPrivateKey,
  hostPublicKey,
}: FirstBoot): string {
  const document = {
    hostname,
    prefer_fqdn_over_hostname: false,
    users: [
      {
        name: user,
        shell: "/bin/bash",
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        lock_passwd: true,
        ssh_authorized_keys: [...authorizedKeys],
      },
    ],
    disable_root: true,
    ssh_pwauth: false,
    // Deletes the keys of the image: the program verifies only the key that it generated.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: withNewline(hostPrivateKey), ed25519_public: hostPublicKey.trim() },
    packages: ["qemu-guest-agent"],
    package_update: true,
    package_upgrade: false,
    runcmd: [["systemctl", "enable", "--now", "qemu-guest-agent.service"]],
  };
  return `#cloud-config\n${stringify(document, { lineWidth: 0 })}`;
}

function withNewline(key: string): string {
  return `${key.trimEnd()}\n`;
}
