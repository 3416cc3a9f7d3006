import { stringify } from "yaml";

/** What a machine must know at its first boot, and nothing more: everything else is a guest script's work. */
export interface FirstBoot {
  readonly hostname: string;
  /** The account the program reaches the node with. */
  readonly user: string;
  /** One-line public keys. */
  readonly authorizedKeys: readonly string[];
  /** The host's own key pair, made by the program, so that the very first connection can check it (C5). */
  readonly hostPrivateKey: string;
  readonly hostPublicKey: string;
}

/**
 * The cloud-config document of a machine. It is read once, at the first boot; a later change to it would make
 * Proxmox replace the disk it is on, so it stays small and is never updated.
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
    // Only the key we brought: any other would be one that nobody has checked.
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
