/**
 * The secrets of a lab: what each is for. Set with `pulumi config set --secret lab:NAME`; never part of
 * the file in clear text (C5).
 */
export const secretKeys = {
  proxmoxApiToken: "the API token of docs/how-to/proxmox.md, in the form USER@REALM!NAME=UUID",
  sshPrivateKey: "the private key, in OpenSSH form, that reaches the nodes and writes snippets",
  backupKeyId: "the id of the Backblaze application key",
  backupKey: "the Backblaze application key",
  dnsToken:
    "the API token of Cloudflare, or the TSIG key of the name server, that may write the domain's TXT records",
  tailscaleAuthKey:
    "the auth key of Tailscale with which the lab joins the tailnet: one with a tag, that expires",
  mirrorPasswords:
    'the passwords of the mirrors that have a user name under lab:cluster.registryConfigs, as a map in JSON: {"HOST:PORT": "PASSWORD"}',
} as const;

export type SecretKey = keyof typeof secretKeys;
