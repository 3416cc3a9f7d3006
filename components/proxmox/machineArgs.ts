import type { VmLegacyArgs } from "@muhlba91/pulumi-proxmoxve";
import { datastoreFor } from "../../config/datastores.ts";
import type { Lab, VirtualNode } from "../../config/lab.ts";
import type { VirtualMachineArgs } from "./virtualMachine.ts";

/** The arguments of the component VirtualMachine that follow from the configuration. */
export function virtualMachineArgs(
  lab: Lab,
  node: VirtualNode,
): Omit<VirtualMachineArgs, "proxmox" | "sshPrivateKey" | "authorizedKeys"> {
  return {
    node,
    machine: machineArgs(lab, node),
    snippetDatastore: datastoreFor(lab.config.proxmox?.hosts[node.vm.host], "snippets"),
    userDataFile: `${lab.stack}-${node.name}-user-data.yaml`,
    user: lab.config.ssh.user,
    protect: lab.isProtected,
  };
}

/**
 * The arguments of a node's virtual machine that follow from the configuration. All of them are plain values, so that every
 * policy can check them at preview.
 */
export function machineArgs(lab: Lab, node: VirtualNode) {
  const { vm, network } = node;
  return {
    nodeName: vm.host,
    vmId: vm.id,
    name: node.name,
    description: `${node.role} of the lab ${lab.stack}; made by Pulumi, so change it there`,
    tags: [lab.stack, node.role],
    onBoot: true,
    started: true,
    // No `startup` order: Proxmox requires Sys.Modify on / for it, the privilege to reconfigure the host. K3s agents retry
    // until a server answers, so the start order after a power failure does not matter.
    // Proxmox refuses to remove the machine or one of its disks while `protection` is on (S12).
    protection: lab.isProtected,
    deleteUnreferencedDisksOnDestroy: false,
    stopOnDestroy: false,
    // A change of a shared default must not reboot three servers at once.
    rebootAfterUpdate: false,
    machine: "q35",
    bios: "seabios",
    // In seconds. The provider ignores Pulumi's customTimeouts.
    timeoutCreate: 1200,
    timeoutStartVm: 300,
    timeoutShutdownVm: 300,
    // Every other CPU type hides AVX from the guest, and MongoDB crashes with an illegal instruction (C1).
    cpu: { type: "host", sockets: 1, cores: vm.cores, numa: false },
    // No ballooning: the memory of all machines fits the host (C3), and the kubelet must not see its memory shrink.
    memory: { dedicated: vm.memoryMiB, floating: 0 },
    operatingSystem: { type: "l26" },
    // The agent is enabled for snapshots and shutdown. The provider does not wait for it: addresses are static, and CNI interfaces confuse its IP detection.
    agent: { enabled: true, trim: true, timeout: "1m", waitForIp: { disabled: true } },
    scsiHardware: "virtio-scsi-single",
    bootOrders: ["scsi0"],
    // By default the provider attaches the host's CD-ROM drive, for which Proxmox requires Sys.Console on / (pulumi-proxmoxve#563).
    cdrom: { fileId: "none", interface: "ide0" },
    disks: vm.disks.map((disk) => ({
      interface: disk.interface,
      datastoreId: disk.datastore,
      size: disk.sizeGiB,
      serial: disk.serial,
      fileFormat: "raw",
      discard: "on",
      iothread: true,
      ssd: true,
      // Longhorn backs up its own disks; a copy of replicas taken from outside Longhorn cannot be restored.
      backup: disk.purpose === "system",
    })),
    networkDevices: [
      {
        bridge: vm.bridge,
        vlanId: network.vlan,
        model: "virtio",
        macAddress: vm.macAddress,
        firewall: false,
      },
    ],
    initialization: {
      datastoreId: vm.datastore,
      interface: "ide2",
      dns: { domain: lab.config.domain, servers: [...lab.config.dns.upstreams] },
      ipConfigs: [{ ipv4: { address: `${node.address}/${network.cidr.prefix}`, gateway: network.gateway } }],
    },
    serialDevices: [{ device: "socket" }],
    vga: { type: "std" },
  } satisfies VmLegacyArgs;
}
