import type { Diagnostic } from "../diagnostic.ts";
import { formatPath } from "../shape.ts";
import type { Rule } from "./rule.ts";

/** Every name that the configuration uses is declared, and every node has the fields that its kind needs. */
export const references: Rule = (config) => {
  const diagnostics: Diagnostic[] = [];
  const networks = Object.keys(config.networks);
  const hosts = config.proxmox?.hosts ?? {};
  const reported = new Set<string>();
  const report = (
    path: (string | number)[],
    value: string | undefined,
    message: string,
    fix: string,
    lesson: Diagnostic["lesson"],
  ) => {
    // Seven machines on one network with a wrong bridge are one mistake, which is reported once.
    const at = `${formatPath(path)} ${message.split(",")[0]}`;
    if (reported.has(at)) return;
    reported.add(at);
    diagnostics.push({
      path: formatPath(path),
      ...(value === undefined ? {} : { value: `"${value}"` }),
      message,
      fix,
      lesson,
    });
  };

  for (const [name, host] of Object.entries(hosts))
    if (!networks.includes(host.network))
      report(
        ["proxmox", "hosts", name, "network"],
        host.network,
        "is not a network of this lab",
        choose(networks),
        "N1",
      );

  for (const [name, network] of Object.entries(config.networks))
    if (network.upstream !== "internet" && !networks.includes(network.upstream))
      report(
        ["networks", name, "upstream"],
        network.upstream,
        "is neither a network of this lab nor internet",
        choose([...networks.filter((other) => other !== name), "internet"]),
        "N6",
      );

  for (const [name, node] of Object.entries(config.nodes)) {
    const at = ["nodes", name];
    const network = config.networks[node.network];
    if (network === undefined)
      report([...at, "network"], node.network, "is not a network of this lab", choose(networks), "N1");

    if ((node.vm === undefined) === (node.existing === undefined))
      report(
        at,
        undefined,
        node.vm === undefined
          ? "is neither a virtual machine nor an existing host"
          : "is both a virtual machine and an existing host",
        "give it exactly one of `vm` and `existing`",
        null,
      );

    if (node.vm !== undefined) {
      const host = hosts[node.vm.host];
      if (host === undefined)
        report(
          [...at, "vm", "host"],
          node.vm.host,
          "is not a Proxmox host of this lab",
          choose(Object.keys(hosts)),
          "C3",
        );
      else {
        const datastore = host.datastores[node.vm.datastore];
        if (datastore === undefined)
          report(
            [...at, "vm", "datastore"],
            node.vm.datastore,
            `is not a datastore of ${node.vm.host}`,
            choose(Object.keys(host.datastores)),
            "C3",
          );
        else if (!datastore.content.includes("images"))
          report(
            [...at, "vm", "datastore"],
            node.vm.datastore,
            "is a datastore whose content does not include images",
            "choose a datastore whose content includes images",
            "C3",
          );
        if (network?.bridge !== undefined && !host.bridges.includes(network.bridge))
          report(
            ["networks", node.network, "bridge"],
            network.bridge,
            `is not a bridge of ${node.vm.host}, and ${name} would be attached to it`,
            choose(host.bridges),
            "N1",
          );
      }
      if (network !== undefined && network.bridge === undefined)
        report(
          ["networks", node.network, "bridge"],
          undefined,
          `is missing, and ${name} is a virtual machine on this network`,
          "name the Proxmox bridge that carries the VLAN, such as vmbr0",
          "N1",
        );
    }

    for (const [index, disk] of node.disks.entries()) {
      const diskAt = [...at, "disks", index];
      if (node.vm !== undefined) {
        if (disk.slot === undefined)
          report(
            [...diskAt, "slot"],
            undefined,
            "is missing",
            "give each virtual disk a slot from 1 to 9, and do not change it later",
            "S3",
          );
        for (const field of ["serial", "adopt"] as const)
          if (disk[field] !== undefined)
            report(
              [...diskAt, field],
              disk[field],
              "is for disks of existing hosts",
              "remove it: the program creates virtual disks, and identifies them by their slot",
              "S3",
            );
      } else if (node.existing !== undefined) {
        if (disk.serial === undefined)
          report(
            [...diskAt, "serial"],
            undefined,
            "is missing",
            "copy the output of `lsblk -dno SERIAL` for the disk: device names such as sdf change",
            "S3",
          );
        if (disk.slot !== undefined)
          report(
            [...diskAt, "slot"],
            String(disk.slot),
            "is for disks of virtual machines",
            "remove it: a physical disk is identified by its serial",
            "S3",
          );
      }
    }
  }

  // Every host with a virtual machine needs a datastore for images and one for snippets.
  for (const name of new Set(
    Object.values(config.nodes).flatMap((node) => (node.vm === undefined ? [] : [node.vm.host])),
  )) {
    const host = hosts[name];
    if (host === undefined) continue;
    for (const content of ["import", "snippets"] as const)
      if (!Object.values(host.datastores).some((datastore) => datastore.content.includes(content)))
        report(
          ["proxmox", "hosts", name, "datastores"],
          undefined,
          `has no datastore whose content includes ${content}`,
          `enable it in Proxmox (pvesm set local --content …,${content}) and add it to the content here`,
          null,
        );
  }
  return diagnostics;
};

function choose(names: readonly string[]): string {
  return names.length === 0 ? "declare it first" : `choose one of ${names.join(", ")}, or declare it`;
}
