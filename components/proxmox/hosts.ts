import type { Lab } from "../../config/lab.ts";

/** Proxmox hosts that run a virtual machine of the lab, in the order of the nodes. */
export function usedHosts(lab: Lab): string[] {
  return [...new Set(lab.nodes.flatMap((node) => (node.kind === "vm" ? [node.vm.host] : [])))];
}

/** The datastore of a host that may hold images to import, or snippets; `local` where none says that it may. */
export function datastoreFor(lab: Lab, host: string, content: "import" | "snippets"): string {
  const datastores = Object.entries(lab.config.proxmox?.hosts[host]?.datastores ?? {});
  return datastores.find(([, datastore]) => datastore.content.includes(content))?.[0] ?? "local";
}
