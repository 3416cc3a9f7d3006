/**
 * The secrets of a lab, each with its purpose. Set with `pulumi config set --secret lab:NAME`; never in clear text in the
 * file (C5).
 */
export const secretKeys = {
  proxmoxApiToken: "the API token of docs/how-to/proxmox.md, in the form USER@REALM!NAME=UUID",
  sshPrivateKey: "the private key, in OpenSSH form, for the nodes and for snippets on the Proxmox hosts",
  backupKeyId: "the id of the Backblaze application key",
  backupKey: "the Backblaze application key",
  dnsToken:
    "the API token of Cloudflare, or the TSIG key of the name server, with the right to write the domain's TXT records",
  tailscaleAuthKey: "the auth key of Tailscale for the tailnet: with a tag and an expiry date",
  mirrorPasswords:
    'the passwords of the mirrors that have a user name under lab:cluster.registryConfigs, as a map in JSON: {"HOST:PORT": "PASSWORD"}',
} as const;

export type SecretKey = keyof typeof secretKeys;
