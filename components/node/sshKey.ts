import sshpk from "sshpk";

/**
 * The one-line public key that belongs to a private key in OpenSSH form, so that the configuration names a key
 * once. @throws Error, without a word of the key, where it cannot be read.
 */
export function publicKeyOf(privateKey: string): string {
  try {
    const key = sshpk.parsePrivateKey(privateKey, "ssh-private");
    return `${key.toPublic().toString("ssh").split(" ").slice(0, 2).join(" ")} homelab`;
  } catch {
    throw new Error(
      "lab:sshPrivateKey is not a private key that can be read (C5)\n  fix: make one without a passphrase, ssh-keygen -t ed25519 -N '' -f lab, and set it: pulumi config set --secret lab:sshPrivateKey < lab\n  see docs/lessons/C5.md",
    );
  }
}
