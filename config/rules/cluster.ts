import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import { isExempt } from "./exemptions.ts";
import type { Rule } from "./rule.ts";

/** K1 and K3: enough servers for a quorum, on one segment, and a kubelet directory that storage can rely on. */
export const cluster: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const servers = Object.entries(config.nodes).filter(([, node]) => node.role === "server");
  const names = servers.map(([name]) => name).join(", ") || "none";
  if (servers.length === 0 || ((servers.length < 3 || servers.length % 2 === 0) && !isExempt(config, "K1")))
    diagnostics.push({
      path: formatPath(["nodes"]),
      lesson: "K1",
      message: `has ${servers.length} ${servers.length === 1 ? "server" : "servers"} (${names}); etcd survives the loss of one only with an odd number of three or more`,
      fix:
        servers.length === 0
          ? "make three nodes servers"
          : "make three nodes servers, or five; a lab that cannot have them yet needs an exemption from K1 with its reason",
    });

  const segments = [...new Set(servers.map(([, node]) => node.network))];
  if (segments.length > 1)
    diagnostics.push({
      path: formatPath(["nodes"]),
      lesson: "K5",
      message: `has servers on ${segments.join(" and ")}; the API address is announced by ARP and exists on one network only`,
      fix: "put every server on one network",
    });

  const { kubeletDirectory } = config.cluster;
  // K3s starts its kubelet in /var/lib/kubelet. Older releases used the other path, and seeds still name it.
  if (!kubeletDirectory.endsWith("/kubelet"))
    diagnostics.push({
      path: formatPath(["cluster", "kubeletDirectory"]),
      value: `"${kubeletDirectory}"`,
      lesson: "K3",
      message: "is no kubelet directory",
      fix: "write /var/lib/kubelet, or on a cluster whose volumes were made under it /var/lib/rancher/k3s/agent/kubelet",
    });
  return diagnostics;
};
