import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import pulumi from "@pulumi/pulumi";
import { datastoreFor, imageDownloads } from "../../config/datastores.ts";
import type { Lab } from "../../config/lab.ts";
import { systemImage } from "../../config/systemImage.ts";
import { HostGate } from "./hostGate.ts";

/** The Proxmox hosts of a lab: the provider that speaks to them, and the image where each host that needs it finds it. */
export class Proxmox extends pulumi.ComponentResource {
  readonly provider: proxmoxve.Provider;
  /** Checks the hosts before the first resource that is created or changed on them. */
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
        // Snippets are the one thing that the API cannot take; they travel by SFTP (docs/how-to/proxmox.md).
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
          // The file on the host is as good as the checksum; a newer upload behind the same URL is not ours.
          overwrite: false,
        },
        { parent: this, provider: this.provider, hooks: this.gate.hooks },
      );
      for (const each of hosts) this.#images.set(each, file);
    }
    this.registerOutputs({ endpoint: proxmox.endpoint });
  }

  /** The image that `host` reaches, as a volume that a disk imports from. */
  image(host: string): proxmoxve.download.File {
    const image = this.#images.get(host);
    if (image === undefined) throw new Error(`no virtual machine of this lab is on ${host}`);
    return image;
  }

  /** The datastore of `host` that may hold snippets. */
  snippetDatastore(host: string): string {
    return datastoreFor(this.#lab.config.proxmox?.hosts[host], "snippets");
  }
}
