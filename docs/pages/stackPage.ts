import { recordsToMake } from "../../components/network/coreDns.ts";
import type { Lab } from "../../config/lab.ts";
import { formatRange, parseRange } from "../../config/ranges.ts";
import { balance, datastoreBalance, datastoreReservePercent } from "../../config/rules/capacity.ts";
import { routeOf } from "../../config/rules/networks.ts";

/** The addresses, routes and capacity of a stack, from its configuration (N6). */
export function stackPage(lab: Lab): string {
  const { config } = lab;
  const { cluster } = config;
  const networks = [...lab.networks.values()].map(({ name, vlan, cidr, gateway, bridge }) => {
    const gateways = routeOf(config.networks, name).hops.map((hop) => lab.networks.get(hop)?.gateway ?? hop);
    return `| ${name} | ${vlan} | ${cidr.text} | ${gateway} | ${bridge ?? ""} | ${[...gateways, "internet"].join(" → ")} |`;
  });
  const nodes = lab.nodes.map((node) => {
    const machine =
      node.kind === "vm"
        ? `VM ${node.vm.id} on ${node.vm.host}, ${node.vm.cores} cores, ${node.vm.memoryMiB / 1024} GiB`
        : "existing host";
    const disks = node.longhornDisks
      .map((disk) => `${disk.name} ${disk.sizeGiB} GiB (\`${disk.serial}\`)`)
      .join(", ");
    return `| ${node.name} | ${node.role} | ${node.address} | ${node.network.name} | ${machine} | ${disks} |`;
  });
  const capacity = [
    ...balance(config).flatMap(({ host, memory, cores }) => [
      `| ${host} | memory, GiB | ${memory.asked} | ${memory.available} |`,
      `| ${host} | cores | ${cores.asked} | ${cores.available} |`,
    ]),
    ...datastoreBalance(config).map(
      ({ name, hosts, asked, available }) =>
        `| ${hosts.join(", ")} | ${name}, GiB | ${asked} | ${available} |`,
    ),
  ];
  const pool = parseRange(cluster.loadBalancerPool);
  return [
    `# The stack ${lab.stack}`,
    "",
    "## Networks and routes (N6)",
    "",
    "| network | VLAN | CIDR | gateway | bridge | route to the Internet |",
    "| --- | --- | --- | --- | --- | --- |",
    ...networks,
    "",
    "## Nodes",
    "",
    "| node | role | address | network | machine | disks for Longhorn |",
    "| --- | --- | --- | --- | --- | --- |",
    ...nodes,
    "",
    "## Other addresses (N2)",
    "",
    "| what | address |",
    "| --- | --- |",
    `| Kubernetes API | ${cluster.apiAddress} |`,
    `| ingress | ${cluster.ingressAddress} |`,
    `| LoadBalancer pool | ${pool === undefined ? cluster.loadBalancerPool : formatRange(pool)} |`,
    `| pods | ${cluster.podCidr} |`,
    `| services | ${cluster.serviceCidr} |`,
    ...Object.entries(config.proxmox?.hosts ?? {}).map(
      ([name, host]) => `| Proxmox host ${name} | ${host.address} |`,
    ),
    ...Object.entries(config.reserved).map(([name, address]) => `| ${name} | ${address} |`),
    "",
    "## DNS records to make (N7)",
    "",
    "Create them where the domain of the lab is served to its users. Inside the cluster these names resolve without them.",
    "",
    "| name | type | value |",
    "| --- | --- | --- |",
    ...recordsToMake(lab).map(({ name, address }) => `| ${name} | A | ${address} |`),
    "",
    "## Capacity of the hosts (C3)",
    "",
    `Available memory is the memory of the host without its reserve. ${datastoreReservePercent} % of each datastore must stay free.`,
    "",
    "| host | resource | requested | available |",
    "| --- | --- | --- | --- |",
    ...capacity,
    "",
    `K3s ${cluster.version}.`,
    "",
  ].join("\n");
}
