import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import { isExempt } from "./exemptions.ts";
import type { Rule } from "./rule.ts";

/** K1, K3 and K5: an odd number of at least three servers on one network, and a valid kubelet directory. */
export const cluster: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const servers = Object.entries(config.nodes).filter(([, node]) => node.role === "server");
  const names = servers.map(([name]) => name).join(", ") || "none";
  if (servers.length === 0 || ((servers.length < 3 || servers.length % 2 === 0) && !isExempt(config, "K1")))
    diagnostics.push({
      path: formatPath(["nodes"]),
      lesson: "K1",
      message: `has ${servers.length} ${servers.length === 1 ? "server" : "servers"} (${names}); etcd tolerates the loss of one only with an odd number of three or more`,
      fix:
        servers.length === 0
          ? "give three nodes the role server"
          : "give three or five nodes the role server, or add an exemption from K1 with its reason",
    });

  const segments = [...new Set(servers.map(([, node]) => node.network))];
  if (segments.length > 1)
    diagnostics.push({
      path: formatPath(["nodes"]),
      lesson: "K5",
      message: `has servers on ${segments.join(" and ")}; the API address is announced by ARP, which reaches one network only`,
      fix: "put every server on one network",
    });

  const { kubeletDirectory } = config.cluster;
  // K3s starts its kubelet in /var/lib/kubelet; older releases used /var/lib/rancher/k3s/agent/kubelet.
  if (!kubeletDirectory.endsWith("/kubelet"))
    diagnostics.push({
      path: formatPath(["cluster", "kubeletDirectory"]),
      value: `"${kubeletDirectory}"`,
      lesson: "K3",
      message: "is not a kubelet directory",
      fix: "write /var/lib/kubelet, or /var/lib/rancher/k3s/agent/kubelet on a cluster whose volumes are there",
    });
  return diagnostics;
};
