import { imageDownloads } from "../../config/datastores.ts";
import type { Lab } from "../../config/lab.ts";
import { systemImage } from "../../config/systemImage.ts";
import { checkApi } from "./apiChecks.ts";
import type { ProxmoxArgs } from "./proxmox.ts";
import { checkSsh } from "./sshChecks.ts";

/**
 * The arguments of the component Proxmox that follow from the configuration. @throws Error for a lab without lab:proxmox,
 * which the configuration rules require for a virtual machine
 */
export function proxmoxArgs(lab: Lab): Omit<ProxmoxArgs, "apiToken" | "sshPrivateKey"> {
  const { proxmox } = lab.config;
  if (proxmox === undefined) throw new Error("lab:proxmox is missing, although a node is a virtual machine");
  return {
    endpoint: proxmox.endpoint,
    snippetUser: proxmox.snippetUser,
    addresses: Object.fromEntries(
      Object.entries(proxmox.hosts).map(([host, { address }]) => [host, address]),
    ),
    image: { url: proxmox.image.url, ...systemImage(proxmox.image) },
    downloads: imageDownloads(lab.config),
    checks: {
      api: (tokenId, get) => checkApi(lab, tokenId, get),
      ssh: (privateKey) => checkSsh(lab, privateKey),
    },
  };
}
