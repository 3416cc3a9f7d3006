/** An item that a rebuild needs and the cluster cannot provide: a line of docs/reference/recovery-kit.md, and of `npm run kit`. */
export interface Artefact {
  readonly what: string;
  /** The source of the item. */
  readonly from: string;
  /** Where to store it, so that the loss of the lab does not include it. */
  readonly keep: string;
  /** The consequence of its loss, and how to replace it. */
  readonly without: string;
}

/** The recovery kit (B5). The command checks exactly these, in this order. */
export const artefacts = {
  tools: {
    what: "Node.js, the Pulumi CLI, ssh",
    from: "`npm ci` pins the first two",
    keep: "nowhere: any machine with a network can install them in minutes",
    without: "no command can run",
  },
  configuration: {
    what: "the stack file and this program",
    from: "`Pulumi.STACK.yaml`, in Git",
    keep: "a remote repository, and a clone on another machine",
    without: "the configuration of the lab must be written again, from memory",
  },
  passphrase: {
    what: "the passphrase of the stack's secrets",
    from: "chosen at `pulumi stack init`; `PULUMI_CONFIG_PASSPHRASE` or `PULUMI_CONFIG_PASSPHRASE_FILE`",
    keep: "a password manager that does not run in the lab, and a sheet of paper in another building",
    without: "no secret in the stack file or in the state can be read: each must be replaced",
  },
  state: {
    what: "Pulumi's state",
    from: "its backend",
    keep: "a bucket with versions, not in the lab",
    without: "docs/runbooks/state-lost.md: restore a version or a copy in minutes, or rebuild without either",
  },
  stateCopy: {
    what: "a copy of the state, its secrets encrypted",
    from: "`npm run kit -- --save FILE` after each `up`",
    keep: "at another place than the backend: it cannot be read without the passphrase",
    without: "none while the backend exists",
  },
  clusterToken: {
    what: "the K3s token",
    from: "the state: `pulumi stack output --show-secrets clusterToken`",
    keep: "it is in the copy of the state",
    without: "no etcd snapshot can be restored on new machines",
  },
  repositoryPassword: {
    what: "the password of Velero's repositories",
    from: "the state: `pulumi stack output --show-secrets backupRepositoryPassword`",
    keep: "it is in the copy of the state",
    without: "no volume that Velero has copied can ever be read",
  },
  backupKey: {
    what: "the Backblaze key, and the bucket behind it",
    from: "`lab:backupKeyId`, `lab:backupKey`",
    keep: "it is in the stack file, encrypted; Backblaze's web page creates a new one",
    without: "no backup can be read until a new key exists",
  },
  backups: {
    what: "recent backups",
    from: "the bucket: one folder for each system",
    keep: "Backblaze B2",
    without: "the data of that system is lost",
  },
  sshKey: {
    what: "the SSH key",
    from: "`lab:sshPrivateKey`",
    keep: "it is in the stack file, encrypted",
    without: "existing hosts need another key by hand; virtual machines are created with it",
  },
  proxmoxToken: {
    what: "the Proxmox token",
    from: "`lab:proxmoxApiToken`",
    keep: "it is in the stack file, encrypted",
    without: "create a new one in a minute: docs/how-to/proxmox.md",
  },
  dnsToken: {
    what: "the token of the domain's DNS",
    from: "`lab:dnsToken`, with `lab:certificates.issuer: acme`",
    keep: "it is in the stack file, encrypted",
    without: "create a new one on the provider's web page",
  },
} as const satisfies Record<string, Artefact>;

export type ArtefactName = keyof typeof artefacts;
