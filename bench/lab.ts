import { parse, stringify } from "yaml";

/** The sections of a stack file that depend on the size of the lab. */
interface StackFile {
  readonly config: Record<string, Record<string, unknown>>;
}

/**
 * A stack file for a lab of `count` virtual machines, at least 7: three servers and workers with one Longhorn disk
 * each, all on one host with enough capacity. The rest is as in `base`, the text of a stack file with one Proxmox
 * host `pve`, its datastore `fast`, and databases on hostPath.
 */
export function labOf(count: number, base: string): string {
  const { config } = parse(base) as StackFile;
  const section = (name: string) => config[`lab:${name}`] ?? {};
  const nodes = Array.from({ length: count }, (_, index) => {
    const last = index + 10;
    const server = index < 3;
    const vm = { host: "pve", id: 1000 + index, datastore: "fast", cores: server ? 2 : 8 };
    return [
      `node${index}`,
      {
        role: server ? "server" : "agent",
        network: "k3s",
        address: `10.64.${Math.floor(last / 250)}.${(last % 250) + 2}`,
        vm: { ...vm, memoryGiB: server ? 8 : 20, systemDiskGiB: server ? 40 : 100 },
        ...(server ? {} : { disks: [{ name: "data", slot: 1, sizeGiB: 200 }] }),
      },
    ];
  });
  const { pve } = section("proxmox").hosts as { pve: { datastores: Record<string, object> } };
  Object.assign(pve, { memoryGiB: 65_536, threads: 1024 });
  Object.assign(pve.datastores.fast ?? {}, { sizeGiB: 1_000_000 });
  Object.assign(section("networks").k3s ?? {}, { cidr: "10.64.0.0/16", gateway: "10.64.255.1" });
  Object.assign(section("cluster"), {
    apiAddress: "10.64.254.1",
    ingressAddress: "10.64.254.10",
    loadBalancerPool: "10.64.254.10-10.64.254.20",
    podCidr: "10.128.0.0/12",
  });
  Object.assign(section("data"), { elasticsearch: { node: "node3" }, neo4j: { node: "node4" } });
  return stringify({ config: { ...config, "lab:nodes": Object.fromEntries(nodes) } });
}
