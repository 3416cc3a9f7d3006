import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import { HostGate } from "./hostGate.ts";
import { datastoreFor, usedHosts } from "./hosts.ts";

/** The Proxmox hosts of a lab: the provider that speaks to them, and the image on every host that needs it. */
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
        // Snippets are the one thing that the API cannot take; they travel by SFTP (docs/proxmox.md).
        ssh: {
          username: proxmox.snippetUser,
          privateKey: args.sshPrivateKey,
          nodes: Object.entries(proxmox.hosts).map(([host, { address }]) => ({ name: host, address })),
        },
      },
      { parent: this },
    );

    for (const host of usedHosts(lab)) {
      this.#images.set(
        host,
        new proxmoxve.download.File(
          `${host}-image`,
          {
            nodeName: host,
            datastoreId: datastoreFor(lab, host, "import"),
            contentType: "import",
            url: proxmox.image.url,
            fileName: proxmox.image.url.split("/").at(-1) ?? "image.qcow2",
            checksum: proxmox.image.checksum,
            checksumAlgorithm: "sha512",
            // The file on the host is as good as the checksum; a newer upload behind the same URL is not ours.
            overwrite: false,
          },
          { parent: this, provider: this.provider, hooks: this.gate.hooks },
        ),
      );
    }
    this.registerOutputs({ endpoint: proxmox.endpoint });
  }

  /** The image on `host`, as a volume that a disk imports from. */
  image(host: string): proxmoxve.download.File {
    const image = this.#images.get(host);
    if (image === undefined) throw new Error(`no virtual machine of this lab is on ${host}`);
    return image;
  }

  /** The datastore of `host` that may hold snippets. */
  snippetDatastore(host: string): string {
    return datastoreFor(this.#lab, host, "snippets");
  }
}
