import type { VmLegacyArgs } from "@muhlba91/pulumi-proxmoxve";
import type { Lab, VirtualNode } from "../../config/lab.ts";

/**
 * The arguments of a node's virtual machine that follow from the configuration alone. All of them are plain
 * values, so that every policy can judge them at preview.
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
    // No `startup` order: Proxmox requires Sys.Modify on / for it, which is the right to reconfigure the host. K3s on the
    // agents retries until a server answers, so the order after a power cut does not matter.
    // Proxmox refuses to remove the machine or a disk of it until this is switched off (S12).
    protection: lab.isProtected,
    deleteUnreferencedDisksOnDestroy: false,
    stopOnDestroy: false,
    // One edit to a shared default must not reboot three servers at once.
    rebootAfterUpdate: false,
    machine: "q35",
    bios: "seabios",
    // Seconds, in the provider's own fields: it ignores Pulumi's custom timeouts.
    timeoutCreate: 1200,
    timeoutStartVm: 300,
    timeoutShutdownVm: 300,
    // Any other type hides AVX from the guest, and MongoDB dies of an illegal instruction (C1).
    cpu: { type: "host", sockets: 1, cores: vm.cores, numa: false },
    // No ballooning: the sum of all machines fits the host (C3), and the kubelet must not see memory shrink.
    memory: { dedicated: vm.memoryMiB, floating: 0 },
    operatingSystem: { type: "l26" },
    // Enabled for snapshots and shutdown, never waited for: addresses are static, and CNI interfaces confuse it.
    agent: { enabled: true, trim: true, timeout: "1m", waitForIp: { disabled: true } },
    scsiHardware: "virtio-scsi-single",
    bootOrders: ["scsi0"],
    // Without it the provider adds the host's own drive, for which Proxmox requires Sys.Console on / (pulumi-proxmoxve#563).
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
      // Longhorn's disks are backed up by Longhorn; a copy of replicas taken from outside is worthless.
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
