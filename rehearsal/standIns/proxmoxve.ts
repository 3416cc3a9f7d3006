import sshpk from "sshpk";
import { parse } from "yaml";
import { parseAddress } from "../../config/ranges.ts";
import type { DataCentre } from "../dataCentre/dataCentre.ts";
import type { ProxmoxHost } from "../dataCentre/proxmoxHost.ts";
import { unknownFields } from "./sdkFields.ts";
import type { CheckFailure, Properties, StandIn, StandInResource } from "./standIn.ts";

/** Stands in for Proxmox VE: the API of every host of the data centre, and the SFTP that takes snippets. */
export function proxmoxveStandIn(dataCentre: DataCentre): StandIn {
  let isRefused = false;
  const host = (name: string): ProxmoxHost => {
    if (isRefused) throw new Error("received an HTTP 401 response - Reason: invalid token value!");
    const found = dataCentre.hosts.get(name);
    if (found === undefined)
      throw new Error(`no such cluster node '${name}'; there are ${[...dataCentre.hosts.keys()].join(", ")}`);
    return found;
  };
  const resources: Readonly<Record<string, StandInResource>> = {
    "proxmoxve:download/file:File": {
      check: (inputs) => unknownFields("@muhlba91/pulumi-proxmoxve", "download/file", "FileArgs", inputs),
      replacedBy: [
        "nodeName",
        "datastoreId",
        "contentType",
        "url",
        "fileName",
        "checksum",
        "checksumAlgorithm",
      ],
      computed: ["id", "size"],
      create: async (inputs) => {
        const id = host(inputs.nodeName).store(
          inputs.datastoreId,
          inputs.contentType,
          inputs.fileName,
          "image",
        );
        return { id, outputs: { ...inputs, size: 355_000_000 } };
      },
      update: async (_id, inputs) => inputs,
      delete: async (id, outputs) => host(outputs.nodeName).remove(id),
      isThere: async (id, outputs) => host(outputs.nodeName).volume(id) !== undefined,
    },
    "proxmoxve:index/fileLegacy:FileLegacy": {
      check: (inputs) => unknownFields("@muhlba91/pulumi-proxmoxve", "fileLegacy", "FileLegacyArgs", inputs),
      replacedBy: ["nodeName", "datastoreId", "contentType", "sourceRaw"],
      computed: ["fileName", "fileSize"],
      create: async (inputs) => {
        const { fileName, data } = inputs.sourceRaw;
        const id = host(inputs.nodeName).store(inputs.datastoreId, inputs.contentType, fileName, data);
        return { id, outputs: { ...inputs, fileName, fileSize: data.length } };
      },
      update: async (_id, inputs) => inputs,
      delete: async (id, outputs) => host(outputs.nodeName).remove(id),
      isThere: async (id, outputs) => host(outputs.nodeName).volume(id) !== undefined,
    },
    "proxmoxve:index/vmLegacy:VmLegacy": virtualMachine(dataCentre, host),
  };
  return {
    name: "proxmoxve",
    version: "8.6.0",
    configure: ({ apiToken, endpoint }) => {
      if (!/^[^@]+@\w+![\w.-]+=[0-9a-f-]{36}$/.test(apiToken ?? ""))
        throw new Error("the API token is malformed");
      isRefused = apiToken !== dataCentre.apiToken;
      if (!URL.canParse(endpoint ?? "")) throw new Error(`the endpoint ${endpoint} is no URL`);
    },
    resource: (type) => resources[type],
  };
}

function virtualMachine(dataCentre: DataCentre, host: (name: string) => ProxmoxHost): StandInResource {
  const place = (inputs: Properties) =>
    host(inputs.nodeName).place({
      id: inputs.vmId,
      memoryMiB: inputs.memory.dedicated,
      cores: inputs.cpu.cores * (inputs.cpu.sockets ?? 1),
      bridges: inputs.networkDevices.map((device: Properties) => device.bridge),
      disks: inputs.disks.map((disk: Properties) => ({
        datastore: disk.datastoreId,
        sizeGiB: disk.size,
        volume: disk.importFrom,
      })),
      volumes: [inputs.initialization.userDataFileId],
    });
  return {
    check: (inputs) => [
      ...unknownFields("@muhlba91/pulumi-proxmoxve", "vmLegacy", "VmLegacyArgs", inputs),
      ...malformed(inputs),
    ],
    replacedBy: ["nodeName", "vmId"],
    computed: ["ipv4Addresses"],
    create: async (inputs) =>
      await dataCentre.journal.record("create-vm", inputs.name, async () => {
        for (const other of dataCentre.hosts.values())
          if (other.machines.has(inputs.vmId))
            throw new Error(`VM ${inputs.vmId} already exists on node '${other.name}'`);
        place(inputs);
        const [device] = inputs.networkDevices;
        const [config] = inputs.initialization.ipConfigs;
        const userData = parse(host(inputs.nodeName).volume(inputs.initialization.userDataFileId) ?? "") as {
          users: { name: string; ssh_authorized_keys: string[] }[];
          ssh_keys: { ed25519_private: string };
        };
        try {
          dataCentre.start({
            name: inputs.name,
            address: config.ipv4.address.split("/")[0],
            gateway: config.ipv4.gateway,
            vlan: device.vlanId,
            user: userData.users[0]?.name ?? "",
            authorizedKeys: userData.users[0]?.ssh_authorized_keys ?? [],
            // The key that sshd would load, not the one that somebody claims beside it.
            hostPublicKey: sshpk
              .parsePrivateKey(userData.ssh_keys.ed25519_private)
              .toPublic()
              .toString("ssh"),
            cpuType: inputs.cpu.type,
            disks: new Map(inputs.disks.map((disk: Properties) => [disk.serial, disk.size])),
          });
        } catch (error) {
          host(inputs.nodeName).destroy(inputs.vmId);
          throw error;
        }
        return { id: String(inputs.vmId), outputs: { ...inputs, ipv4Addresses: [] } };
      }),
    update: async (_id, inputs, olds) =>
      await dataCentre.journal.record("update-vm", inputs.name, async () => {
        for (const disk of olds.disks as Properties[]) {
          const now = (inputs.disks as Properties[]).find((other) => other.interface === disk.interface);
          if (now !== undefined && now.size < disk.size)
            throw new Error(
              `shrinking disks is not supported: ${disk.interface} has ${disk.size} GiB, ${now.size} are wanted`,
            );
        }
        place(inputs);
        return { ...inputs, ipv4Addresses: [] };
      }),
    delete: async (_id, outputs) => {
      // It asks for the machine's state first, and takes no machine for a fault.
      if (!host(outputs.nodeName).machines.has(outputs.vmId))
        throw new Error(
          `error retrieving VM status: the requested resource does not exist: Configuration file 'nodes/${outputs.nodeName}/qemu-server/${outputs.vmId}.conf' does not exist`,
        );
      if (outputs.protection === true && !dataCentre.demolition)
        throw new Error(`can't remove VM ${outputs.vmId} - protection mode enabled`);
      host(outputs.nodeName).destroy(outputs.vmId);
      dataCentre.stop(outputs.initialization.ipConfigs[0].ipv4.address.split("/")[0]);
    },
    isThere: async (_id, outputs) => host(outputs.nodeName).machines.has(outputs.vmId),
  };
}

/** Values that the API refuses; a value that is not known yet is judged when it is. */
function malformed(inputs: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  if (!["seabios", "ovmf"].includes(inputs.bios)) fail("bios", `${inputs.bios} is neither seabios nor ovmf`);
  if (!(inputs.vmId >= 100)) fail("vmId", `${inputs.vmId} is below 100`);
  const slots = new Set<string>();
  for (const [index, disk] of (inputs.disks ?? []).entries()) {
    if (!/^(scsi|virtio|sata|ide)\d+$/.test(disk.interface))
      fail(`disks[${index}].interface`, `${disk.interface} is no slot`);
    if (slots.has(disk.interface)) fail(`disks[${index}].interface`, `${disk.interface} is used twice`);
    slots.add(disk.interface);
    if ((disk.serial ?? "").length > 20)
      fail(`disks[${index}].serial`, `${disk.serial} is longer than 20 bytes`);
  }
  for (const [index, device] of (inputs.networkDevices ?? []).entries())
    if (!(device.vlanId >= 1 && device.vlanId <= 4094))
      fail(`networkDevices[${index}].vlanId`, `${device.vlanId} is no VLAN`);
  for (const [index, config] of (inputs.initialization?.ipConfigs ?? []).entries())
    for (const field of ["address", "gateway"] as const)
      if (parseAddress(String(config.ipv4?.[field]).split("/")[0] ?? "") === undefined)
        fail(`initialization.ipConfigs[${index}].ipv4.${field}`, `${config.ipv4?.[field]} is no address`);
  return failures;
}
