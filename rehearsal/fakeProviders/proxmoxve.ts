import sshpk from "sshpk";
import { parse } from "yaml";
import { virtualMachineType } from "../../catalog/resourceTypes.ts";
import { parseAddress } from "../../config/ranges.ts";
import type { ProxmoxHost } from "../simulator/proxmoxHost.ts";
import type { Simulator } from "../simulator/simulator.ts";
import { type Differences, differencesOf, replacing } from "./differences.ts";
import type {
  CheckFailure,
  FakeDiff,
  FakeProvider,
  FakeResource,
  FakeState,
  Properties,
} from "./fakeProvider.ts";
import { answerIn, applied } from "./recordings/applied.ts";
import { readRecording } from "./recordings/record.ts";
import { unknownFields } from "./sdkFields.ts";

/** The real plugin's answers: the source of the fake provider's defaults, normal forms and computed fields. */
const recording = readRecording("proxmoxve");

/** The recorded steps that depend on the inputs alone. */
function answersOf(lifecycle: string) {
  const inputs = (operation: string) => answerIn(recording, lifecycle, operation).inputs;
  const outputs = (operation: string) => answerIn(recording, lifecycle, operation).outputs;
  return {
    checked: (given: Properties) => applied(given, inputs("check")),
    // Undefined removes a field that the engine would otherwise see in the inputs.
    planned: (checked: Properties) => ({
      ...withoutDefaults(applied(checked, outputs("preview"))),
      __defaults: undefined,
    }),
    created: (checked: Properties) => withoutDefaults(applied(checked, outputs("create"))),
    read: ({ inputs: known, outputs: found }: FakeState): FakeState => ({
      inputs: applied(known, inputs("read")),
      outputs: applied(found, outputs("read")),
    }),
  };
}

/** Without the bridge's lists of added defaults. */
function withoutDefaults(value: Properties): Properties {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === "__defaults" ? undefined : inner)),
  );
}

/** Fake Proxmox VE provider: the API of every host of the simulator, and the SFTP server for snippets. */
export function proxmoxveFakeProvider(simulator: Simulator): FakeProvider {
  let isRefused = false;
  const host = (name: string): ProxmoxHost => {
    if (isRefused) throw new Error("received an HTTP 401 response - Reason: invalid token value!");
    const found = simulator.hosts.get(name);
    if (found === undefined)
      throw new Error(`no such cluster node '${name}'; there are ${[...simulator.hosts.keys()].join(", ")}`);
    return found;
  };
  const image = answersOf("an image");
  const snippet = answersOf("a snippet");
  const resources: Readonly<Record<string, FakeResource>> = {
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
      planned: image.planned,
      create: async (inputs) => {
        const id = host(inputs.nodeName).store(
          inputs.datastoreId,
          inputs.contentType,
          inputs.fileName,
          "image",
        );
        return { id, outputs: { ...image.created(inputs), id } };
      },
      update: async (id, inputs) => ({ ...image.created(inputs), id }),
      delete: async (id, outputs) => host(outputs.nodeName).remove(id),
      isThere: async (id, outputs) => host(outputs.nodeName).volume(id) !== undefined,
      read: async (_id, state) => image.read(state),
    },
    "proxmoxve:index/fileLegacy:FileLegacy": {
      check: (inputs) => unknownFields("@muhlba91/pulumi-proxmoxve", "fileLegacy", "FileLegacyArgs", inputs),
      normalize: snippet.checked,
      replacedBy: ["nodeName", "datastoreId", "contentType", "sourceRaw"],
      planned: snippet.planned,
      create: async (inputs) => {
        const { fileName, data } = inputs.sourceRaw;
        const id = host(inputs.nodeName).store(inputs.datastoreId, inputs.contentType, fileName, data);
        return { id, outputs: { ...snippet.created(inputs), fileName, id } };
      },
      update: async (id, inputs) => ({
        ...snippet.created(inputs),
        fileName: inputs.sourceRaw.fileName,
        id,
      }),
      delete: async (id, outputs) => host(outputs.nodeName).remove(id),
      isThere: async (id, outputs) => host(outputs.nodeName).volume(id) !== undefined,
      read: async (_id, state) => snippet.read(state),
    },
    [virtualMachineType]: virtualMachine(simulator, host),
  };
  return {
    name: "proxmoxve",
    version: "8.6.0",
    configure: ({ apiToken, endpoint }) => {
      if (!/^[^@]+@\w+![\w.-]+=[0-9a-f-]{36}$/.test(apiToken ?? ""))
        throw new Error("the API token is malformed");
      isRefused = apiToken !== simulator.apiToken;
      if (!URL.canParse(endpoint ?? "")) throw new Error(`the endpoint ${endpoint} is not a URL`);
    },
    resource: (type) => resources[type],
  };
}

function virtualMachine(simulator: Simulator, host: (name: string) => ProxmoxHost): FakeResource {
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
  const machine = answersOf("a worker");
  const outputsOf = (inputs: Properties): Properties => {
    const outputs = machine.created(inputs);
    return {
      ...outputs,
      id: String(inputs.vmId),
      tags: inputs.tags.toSorted(),
      disks: outputs.disks.map((disk: Properties, index: number) => ({
        ...disk,
        pathInDatastore: `vm-${inputs.vmId}-disk-${index}`,
      })),
    };
  };
  return {
    check: (inputs) => [
      ...unknownFields("@muhlba91/pulumi-proxmoxve", "vmLegacy", "VmLegacyArgs", inputs),
      ...malformed(inputs),
    ],
    normalize: (inputs, olds) => {
      const checked = machine.checked(inputs);
      // The bridge marks the defaults of this resource only where it has a state.
      if (Object.keys(olds).length > 0)
        checked.watchdog = { ...checked.watchdog, __defaults: Object.keys(checked.watchdog) };
      return checked;
    },
    diff: compareMachines,
    planned: machine.planned,
    read: async (_id, state) => {
      const found = machine.read(state);
      return { ...found, inputs: { ...found.inputs, tags: state.inputs.tags.toSorted() } };
    },
    create: async (inputs) =>
      await simulator.journal.record("create-vm", inputs.name, async () => {
        for (const other of simulator.hosts.values())
          if (other.machines.has(inputs.vmId))
            throw new Error(`VM ${inputs.vmId} already exists on node '${other.name}'`);
        try {
          place(inputs);
        } catch (error) {
          throw new Error(
            attempts(
              "create",
              1,
              `error creating VM: received an HTTP 400 response - Reason: ${(error as Error).message}`,
            ),
          );
        }
        const [device] = inputs.networkDevices;
        const [config] = inputs.initialization.ipConfigs;
        const userData = parse(host(inputs.nodeName).volume(inputs.initialization.userDataFileId) ?? "") as {
          users: { name: string; ssh_authorized_keys: string[] }[];
          ssh_keys: { ed25519_private: string };
        };
        try {
          simulator.start({
            name: inputs.name,
            address: config.ipv4.address.split("/")[0],
            gateway: config.ipv4.gateway,
            vlan: device.vlanId,
            user: userData.users[0]?.name ?? "",
            authorizedKeys: userData.users[0]?.ssh_authorized_keys ?? [],
            // The key that sshd would load, not the one in a neighboring field.
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
        return { id: String(inputs.vmId), outputs: outputsOf(inputs) };
      }),
    update: async (_id, inputs, olds) =>
      await simulator.journal.record("update-vm", inputs.name, async () => {
        for (const disk of olds.disks as Properties[]) {
          const now = (inputs.disks as Properties[]).find((other) => other.interface === disk.interface);
          if (now !== undefined && now.size < disk.size)
            throw new Error(
              `shrinking disks is not supported: ${disk.interface} has ${disk.size} GiB, ${now.size} are wanted`,
            );
        }
        place(inputs);
        return outputsOf(inputs);
      }),
    delete: async (_id, outputs) => {
      // The plugin reads the machine's state first, and reports a missing machine as an error.
      if (!host(outputs.nodeName).machines.has(outputs.vmId))
        throw new Error(
          `error retrieving VM status: the requested resource does not exist: Configuration file 'nodes/${outputs.nodeName}/qemu-server/${outputs.vmId}.conf' does not exist`,
        );
      if (outputs.protection === true && !simulator.demolition)
        throw new Error(
          attempts(
            "delete",
            3,
            `error deleting VM: received an HTTP 500 response - Reason: can't remove VM ${outputs.vmId} - protection mode enabled`,
          ),
        );
      host(outputs.nodeName).destroy(outputs.vmId);
      simulator.stop(outputs.initialization.ipConfigs[0].ipv4.address.split("/")[0]);
    },
    isThere: async (_id, outputs) => host(outputs.nodeName).machines.has(outputs.vmId),
  };
}

/** A failure in the plugin's words, which retries a call that may succeed later. */
function attempts(what: "create" | "delete", count: number, reason: string): string {
  const lines = Array.from({ length: count }, (_, index) => `#${index + 1}: ${reason}`);
  return `1 error occurred:\n\t* VM ${what}: All attempts fail:\n${lines.join("\n")}\n\n`;
}

/**
 * Compares inputs with the last outputs as the bridge does: it reads speed limits of a disk as unset, and the default
 * of the inputs is zero, so they differ each time (pulumi-proxmoxve#664).
 */
function compareMachines({ outputs }: FakeState, news: Properties): FakeDiff {
  const now = { ...news, tags: news.tags?.toSorted?.() };
  const differences = differencesOf(within(outputs, now), known(now));
  const replaces = ["nodeName", "vmId"].some((path) => path in differences);
  const meta: Differences = replaces ? replacing({ __meta: "update" }, () => true) : {};
  return { differences: { ...differences, ...meta }, deleteBeforeReplace: replaces };
}

/** The part of the outputs that the inputs set; null means absent. */
function within(outputs: unknown, inputs: unknown): unknown {
  if (outputs === null) return undefined;
  if (Array.isArray(outputs) && Array.isArray(inputs))
    return outputs.map((item, index) => (index in inputs ? within(item, inputs[index]) : item));
  if (typeof outputs !== "object" || typeof inputs !== "object" || inputs === null) return outputs;
  return Object.fromEntries(
    Object.entries(known(inputs) as Properties).map(([key, inner]) => [
      key,
      within((outputs as Properties)[key], inner),
    ]),
  );
}

/** Without nulls and without the bridge's own fields. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => inner !== null && !key.startsWith("__"))
      .map(([key, inner]) => [key, known(inner)]),
  );
}

/** Values that the API rejects. An unknown value is checked once it is known. */
function malformed(inputs: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  if (!["seabios", "ovmf"].includes(inputs.bios)) fail("bios", `${inputs.bios} is neither seabios nor ovmf`);
  if (!(inputs.vmId >= 100)) fail("vmId", `${inputs.vmId} is below 100`);
  const slots = new Set<string>();
  for (const [index, disk] of (inputs.disks ?? []).entries()) {
    if (!/^(scsi|virtio|sata|ide)\d+$/.test(disk.interface))
      fail(`disks[${index}].interface`, `${disk.interface} is not a slot`);
    if (slots.has(disk.interface)) fail(`disks[${index}].interface`, `${disk.interface} is used twice`);
    slots.add(disk.interface);
    if ((disk.serial ?? "").length > 20)
      fail(`disks[${index}].serial`, `${disk.serial} is longer than 20 bytes`);
  }
  for (const [index, device] of (inputs.networkDevices ?? []).entries())
    if (!(device.vlanId >= 1 && device.vlanId <= 4094))
      fail(`networkDevices[${index}].vlanId`, `${device.vlanId} is not a VLAN`);
  for (const [index, config] of (inputs.initialization?.ipConfigs ?? []).entries())
    for (const field of ["address", "gateway"] as const)
      if (parseAddress(String(config.ipv4?.[field]).split("/")[0] ?? "") === undefined)
        fail(`initialization.ipConfigs[${index}].ipv4.${field}`, `${config.ipv4?.[field]} is not an address`);
  return failures;
}
