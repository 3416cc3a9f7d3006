import sshpk from "sshpk";

/**
 * Derives the one-line public key from a private key in OpenSSH format, so that the configuration contains only the
 * private key. @throws Error when the key cannot be parsed; the message contains nothing of the key
 */
export function publicKeyOf(privateKey: string): string {
  try {
    const key = sshpk.parsePrivateKey(privateKey, "ssh-private");
    return `${key.toPublic().toString("ssh").split(" ").slice(0, 2).join(" ")} homelab`;
  } catch {
    throw new Error(
      "lab:sshPrivateKey is not a readable OpenSSH private key (C5)\n  fix: generate a key without a passphrase (ssh-keygen -t ed25519 -N '' -f lab) and set it: pulumi config set --secret lab:sshPrivateKey < lab\n  see docs/lessons/C5.md",
    );
  }
}
