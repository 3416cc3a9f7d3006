import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";

/** The homelab with `count` nodes: three servers, the rest workers, on one host that has room for them. */
export function labOf(count: number): string {
  const { config } = parse(readFileSync("Pulumi.homelab.yaml", "utf8")) as {
    config: Record<string, Record<string, unknown>>;
  };
  const nodes = Array.from({ length: count }, (_, index) => {
    const last = index + 10;
    const server = index < 3;
    return [
      `node${index}`,
      {
        role: server ? "server" : "agent",
        network: "k3s",
        address: `10.64.${Math.floor(last / 250)}.${(last % 250) + 2}`,
        vm: {
          host: "pve",
          id: 1000 + index,
          cores: 2,
          memoryGiB: 4,
          systemDiskGiB: 20,
          datastore: "local-lvm",
        },
        ...(server ? {} : { disks: [{ name: "data1", slot: 1, sizeGiB: 50 }] }),
      },
    ];
  });
  const hosts = config["lab:proxmox"]?.hosts as { pve: Record<string, unknown> };
  Object.assign(hosts.pve, { memoryGiB: 65_536, threads: 1024 });
  Object.assign((hosts.pve.datastores as Record<string, object>)["local-lvm"] ?? {}, { sizeGiB: 1_000_000 });
  const networks = config["lab:networks"] as Record<string, object>;
  networks.k3s = {
    vlan: 145,
    cidr: "10.64.0.0/16",
    gateway: "10.64.255.1",
    upstream: "management",
    bridge: "vmbr0",
  };
  Object.assign(config["lab:cluster"] ?? {}, {
    apiAddress: "10.64.254.1",
    ingressAddress: "10.64.254.10",
    loadBalancerPool: "10.64.254.10-10.64.254.20",
    podCidr: "10.128.0.0/12",
  });
  return stringify({ config: { ...config, "lab:nodes": Object.fromEntries(nodes) } });
}
