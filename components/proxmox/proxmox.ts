import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import pulumi from "@pulumi/pulumi";
import type { ImageDownload } from "../../config/datastores.ts";
import { HostGate, type HostGateArgs } from "./hostGate.ts";

/** The arguments of {@link Proxmox}. `proxmoxArgs` derives all but the secrets from the configuration. */
export interface ProxmoxArgs extends HostGateArgs {
  /** Account that the provider uploads snippets with, by SFTP. */
  readonly snippetUser: string;
  /** Address of every host by its name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The system image: URL, file name on the datastore, checksum and its algorithm. */
  readonly image: {
    readonly url: string;
    readonly fileName: string;
    readonly checksum: string;
    readonly checksumAlgorithm: string;
  };
  /** Downloads of the image: one per host, or one for all hosts of a shared datastore. */
  readonly downloads: readonly ImageDownload[];
}

/** The Proxmox hosts of a lab: the provider, and the system image on a datastore of every host that runs a node. */
export class Proxmox extends pulumi.ComponentResource {
  readonly provider: proxmoxve.Provider;
  /** Checks the hosts before the first resource on them is created or changed. */
  readonly gate: HostGate;
  readonly #images = new Map<string, proxmoxve.download.File>();

  constructor(name: string, args: ProxmoxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("lab:proxmox:Proxmox", name, { endpoint: args.endpoint }, opts);
    this.gate = new HostGate(name, args);

    this.provider = new proxmoxve.Provider(
      name,
      {
        endpoint: args.endpoint,
        apiToken: args.apiToken,
        // The API cannot upload snippets; the provider uploads them by SFTP (docs/how-to/proxmox.md).
        ssh: {
          username: args.snippetUser,
          privateKey: args.sshPrivateKey,
          nodes: Object.entries(args.addresses).map(([host, address]) => ({ name: host, address })),
        },
      },
      { parent: this },
    );

    for (const { name: download, host, datastore, hosts } of args.downloads) {
      const file = new proxmoxve.download.File(
        `${name}-${download}`,
        {
          nodeName: host,
          datastoreId: datastore,
          contentType: "import",
          ...args.image,
          // The checksum pins the file on the host; a newer upload at the same URL must not replace it.
          overwrite: false,
        },
        {
          parent: this,
          provider: this.provider,
          hooks: this.gate.hooks,
          aliases: [{ name: download }],
        },
      );
      for (const each of hosts) this.#images.set(each, file);
    }
    this.registerOutputs({ endpoint: args.endpoint });
  }

  /** The system image on a datastore that `host` reaches, for `importFrom` of a disk. */
  image(host: string): proxmoxve.download.File {
    const image = this.#images.get(host);
    if (image === undefined) throw new Error(`no virtual machine of this lab is on ${host}`);
    return image;
  }
}
