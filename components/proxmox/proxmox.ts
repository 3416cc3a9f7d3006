import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import pulumi from "@pulumi/pulumi";
import { datastoreFor, imageDownloads } from "../../config/datastores.ts";
import type { Lab } from "../../config/lab.ts";
import { systemImage } from "../../config/systemImage.ts";
import { HostGate } from "./hostGate.ts";

/** The Proxmox hosts of a lab: the provider, and the system image on a datastore of every host that runs a node. */
export class Proxmox extends pulumi.ComponentResource {
  readonly provider: proxmoxve.Provider;
  /** Checks the hosts before the first resource on them is created or changed. */
  readonly gate: HostGate;
  readonly #lab: Lab;
  readonly #images = new Map<string, proxmoxve.download.File>();

  constructor(
    name: string,
    args: { lab: Lab; apiToken: pulumi.Output<string>; sshPrivateKey: pulumi.Output<string> },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { lab } = args;
    const { proxmox } = lab.config;
    if (proxmox === undefined) throw new Error("a lab without lab:proxmox has no Proxmox hosts");
    super("lab:proxmox:Proxmox", name, { endpoint: proxmox.endpoint }, opts);
    this.#lab = lab;
    this.gate = new HostGate(name, lab, args);

    this.provider = new proxmoxve.Provider(
      name,
      {
        endpoint: proxmox.endpoint,
        apiToken: args.apiToken,
        // The API cannot upload snippets; the provider uploads them by SFTP (docs/how-to/proxmox.md).
        ssh: {
          username: proxmox.snippetUser,
          privateKey: args.sshPrivateKey,
          nodes: Object.entries(proxmox.hosts).map(([host, { address }]) => ({ name: host, address })),
        },
      },
      { parent: this },
    );

    const image = systemImage(proxmox.image);
    for (const { name: download, host, datastore, hosts } of imageDownloads(lab.config)) {
      const file = new proxmoxve.download.File(
        download,
        {
          nodeName: host,
          datastoreId: datastore,
          contentType: "import",
          url: proxmox.image.url,
          ...image,
          // The checksum pins the file on the host; a newer upload at the same URL must not replace it.
          overwrite: false,
        },
        { parent: this, provider: this.provider, hooks: this.gate.hooks },
      );
      for (const each of hosts) this.#images.set(each, file);
    }
    this.registerOutputs({ endpoint: proxmox.endpoint });
  }

  /** The system image on a datastore that `host` reaches, for `importFrom` of a disk. */
  image(host: string): proxmoxve.download.File {
    const image = this.#images.get(host);
    if (image === undefined) throw new Error(`no virtual machine of this lab is on ${host}`);
    return image;
  }

  /** The datastore of `host` for snippets. */
  snippetDatastore(host: string): string {
    return datastoreFor(this.#lab.config.proxmox?.hosts[host], "snippets");
  }
}
