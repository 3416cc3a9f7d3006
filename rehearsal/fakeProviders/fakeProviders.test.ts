import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guestBundle, guestScripts } from "../../components/node/guestBundle.ts";
import { publicKeyOf } from "../../components/node/sshKey.ts";
import { userData } from "../../components/proxmox/cloudInit.ts";
import { machineArgs } from "../../components/proxmox/machineArgs.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { placeholderSecrets } from "../../plan/placeholders.ts";
import { type Simulator, simulatorOf } from "../simulator/simulator.ts";
import { commandFakeProvider, commandWorldOf } from "./command.ts";
import type { FakeProvider, FakeResource, Properties } from "./fakeProvider.ts";
import { kubernetesFakeProvider } from "./kubernetes.ts";
import { proxmoxveFakeProvider } from "./proxmoxve.ts";
import { randomFakeProvider } from "./random.ts";
import { tlsFakeProvider } from "./tls.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const { sshPrivateKey, proxmoxApiToken } = placeholderSecrets();
const vmType = "proxmoxve:index/vmLegacy:VmLegacy";

let simulator: Simulator;
let proxmoxve: FakeProvider;
let hostKey: string;
beforeEach(() => {
  simulator = simulatorOf(lab, [], proxmoxApiToken);
  proxmoxve = proxmoxveFakeProvider(simulator);
});
afterEach(() => simulator.dispose());

function resourceOf(fakeProvider: FakeProvider, type: string): FakeResource {
  const resource = fakeProvider.resource(type);
  if (resource === undefined) throw new Error(`${fakeProvider.name} has no ${type}`);
  return resource;
}

/** Inputs of a worker's virtual machine, whose image and user data exist. */
async function machine(name = "worker-1"): Promise<Properties> {
  const key = await resourceOf(tlsFakeProvider, "tls:index/privateKey:PrivateKey").create(
    { algorithm: "ED25519" },
    "urn",
  );
  hostKey = key.outputs.publicKeyOpenssh;
  const image = await resourceOf(proxmoxve, "proxmoxve:download/file:File").create(
    { nodeName: "hypervisor", datastoreId: "files", contentType: "import", fileName: "debian.qcow2" },
    "urn",
  );
  const snippet = await resourceOf(proxmoxve, "proxmoxve:index/fileLegacy:FileLegacy").create(
    {
      nodeName: "hypervisor",
      datastoreId: "files",
      contentType: "snippets",
      sourceRaw: {
        fileName: `${name}.yaml`,
        data: userData({
          hostname: name,
          user: "lab",
          authorizedKeys: [publicKeyOf(sshPrivateKey)],
          hostPrivateKey: key.outputs.privateKeyOpenssh,
          hostPublicKey: hostKey,
        }),
      },
    },
    "urn",
  );
  const args = structuredClone(machineArgs(lab, lab.nodes.find((node) => node.name === name) as VirtualNode));
  return {
    ...args,
    disks: args.disks.map((disk, index) => (index === 0 ? { ...disk, importFrom: image.id } : disk)),
    initialization: { ...args.initialization, userDataFileId: snippet.id },
  };
}

const create = (inputs: Properties) => resourceOf(proxmoxve, vmType).create(inputs, "urn");
const refused = (inputs: Properties) =>
  (resourceOf(proxmoxve, vmType).check?.(inputs) ?? [])
    .map(({ property, reason }) => `${property}: ${reason}`)
    .join("\n");

describe("the fake Proxmox provider", () => {
  test("accepts the virtual machine of the program", async () => {
    const inputs = await machine();
    expect(refused(inputs)).toBe("");
    await create(inputs);
    expect(simulator.machineAt("10.64.20.191")?.name).toBe("worker-1");
  });

  test.each([
    ["an unknown top-level field", (vm: Properties) => (vm.colour = "red"), "colour is not a field"],
    ["an unknown nested field", (vm: Properties) => (vm.cpu.flavour = "big"), "cpu.flavour is not a field"],
    [
      "an unknown field in a list",
      (vm: Properties) => (vm.disks[1].raid = 5),
      "disks[1].raid is not a field",
    ],
    [
      "a missing required field",
      (vm: Properties) => delete vm.disks[1].interface,
      "disks[1].interface is missing",
    ],
    ["an unknown slot", (vm: Properties) => (vm.disks[1].interface = "foo9"), "foo9 is not a slot"],
    ["two disks in one slot", (vm: Properties) => (vm.disks[1].interface = "scsi0"), "scsi0 is used twice"],
    [
      "an invalid address",
      (vm: Properties) => (vm.initialization.ipConfigs[0].ipv4.address = "banana"),
      "banana is not an address",
    ],
    ["a VLAN out of range", (vm: Properties) => (vm.networkDevices[0].vlanId = 99999), "99999 is not a VLAN"],
    ["an id below 100", (vm: Properties) => (vm.vmId = 99), "99 is below 100"],
    ["an unknown BIOS", (vm: Properties) => (vm.bios = "coreboot"), "coreboot is neither"],
  ])("rejects %s at preview", async (_what, change, words) => {
    const inputs = await machine();
    change(inputs);
    expect(refused(inputs)).toContain(words);
  });

  test.each([
    ["an unknown host", (vm: Properties) => (vm.nodeName = "pve9"), "no such cluster node 'pve9'"],
    [
      "an unknown datastore",
      (vm: Properties) => (vm.disks[1].datastoreId = "ceph"),
      "storage 'ceph' does not exist",
    ],
    [
      "a datastore that does not hold images",
      (vm: Properties) => (vm.disks[1].datastoreId = "files"),
      "does not support vm images",
    ],
    [
      "an unknown bridge",
      (vm: Properties) => (vm.networkDevices[0].bridge = "vmbr7"),
      "bridge 'vmbr7' does not exist",
    ],
    [
      "more memory than the host has",
      (vm: Properties) => (vm.memory.dedicated = 200 * 1024),
      "cannot allocate memory",
    ],
    ["more cores than the host has threads", (vm: Properties) => (vm.cpu.cores = 32), "MAX 20 vcpus allowed"],
    ["a disk larger than the datastore", (vm: Properties) => (vm.disks[1].size = 5000), "is full"],
    [
      "a missing image",
      (vm: Properties) => (vm.disks[0].importFrom = "files:import/x"),
      "volume 'files:import/x' does not exist",
    ],
    [
      "missing user data",
      (vm: Properties) => (vm.initialization.userDataFileId = "files:snippets/x"),
      "does not exist",
    ],
  ])("rejects %s when the machine is created", async (_what, change, words) => {
    const inputs = await machine();
    change(inputs);
    await expect(create(inputs)).rejects.toThrow(words);
    expect(simulator.hosts.get("hypervisor")?.machines.size).toBe(0);
  });

  test("rejects an id and an address that are in use, and keeps no machine of the attempt", async () => {
    await create(await machine());
    const twin = { ...(await machine("worker-2")), vmId: 120191 };
    await expect(create(twin)).rejects.toThrow("VM 120191 already exists on node 'hypervisor'");
    const { initialization } = await machine("worker-1");
    await expect(create({ ...(await machine("worker-2")), initialization })).rejects.toThrow(
      "10.64.20.191 is already used by worker-1",
    );
    expect([...(simulator.hosts.get("hypervisor")?.machines.keys() ?? [])]).toEqual([120191]);
  });

  test("rejects a smaller disk, and the deletion of a protected machine", async () => {
    const inputs = await machine();
    const { id, outputs } = await create(inputs);
    const smaller = structuredClone(inputs);
    smaller.disks[1].size = 100;
    const { update, delete: remove } = resourceOf(proxmoxve, vmType);
    await expect(update?.(id, smaller, outputs, "urn")).rejects.toThrow("shrinking disks is not supported");
    await expect(remove?.(id, outputs)).rejects.toThrow("protection mode enabled");
  });

  test("rejects a malformed API token", () =>
    expect(() => proxmoxve.configure?.({ apiToken: "root", endpoint: "https://pve:8006" })).toThrow(
      "the API token is malformed",
    ));

  test("rejects an API token of another host", async () => {
    const inputs = await machine();
    proxmoxve.configure?.({
      apiToken: "root@pam!old=0badc0de-0000-4000-8000-00000badc0de",
      endpoint: "https://pve:8006",
    });
    await expect(create(inputs)).rejects.toThrow("invalid token value");
  });

  test("reports an error when it deletes a machine that does not exist, and a refresh removes it", async () => {
    const inputs = await machine();
    const { id, outputs } = await create({ ...inputs, protection: false });
    const { delete: remove, isThere } = resourceOf(proxmoxve, vmType);
    expect(await isThere?.(id, outputs)).toBe(true);
    await remove?.(id, outputs);
    expect(await isThere?.(id, outputs)).toBe(false);
    await expect(remove?.(id, outputs)).rejects.toThrow("does not exist");
  });
});

describe("the fake command provider", () => {
  const run = async (change: Properties = {}, connection: Properties = {}) => {
    const { outputs } = await resourceOf(
      commandFakeProvider(commandWorldOf(simulator)),
      "command:remote:Command",
    ).create(
      {
        connection: {
          host: "10.64.20.191",
          port: 22,
          user: "lab",
          privateKey: sshPrivateKey,
          hostKey,
          ...connection,
        },
        create: "sudo bash -s",
        stdin: guestBundle(guestScripts()),
        ...change,
      },
      "urn",
    );
    return outputs.stdout as string;
  };
  const cpu = {
    create: "sudo /opt/homelab/guest/verify-cpu.sh",
    stdin: "REQUIRED_FLAGS=avx\nEXPECTED_TYPE=host\nCONFIG_PATH=x\n",
  };

  test.each([
    ["a missing machine", { host: "10.64.20.250" }, "no route to host"],
    [
      "another host's key",
      { hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM" },
      "host key mismatch",
    ],
    ["an unknown key", { privateKey: placeholderSecrets().sshPrivateKey }, "unable to authenticate"],
    ["another account", { user: "root" }, "unable to authenticate"],
  ])("rejects %s", async (_what, connection, words) => {
    await create(await machine());
    await expect(run({}, connection)).rejects.toThrow(words);
  });

  test("runs uploaded scripts with real bash", async () => {
    await create(await machine());
    await expect(run(cpu)).rejects.toThrow("command not found");
    expect(await run()).toContain("guest scripts in");
    expect(await run(cpu)).toContain("the CPU has the");
  });

  test("rejects a script that is not executable", async () => {
    await create(await machine());
    const scripts = guestScripts().map((script) => ({ ...script, executable: false }));
    await run({ stdin: guestBundle(scripts) });
    await expect(run(cpu)).rejects.toThrow("the script is not executable");
  });

  test("passes unknown settings to the real script, which rejects them, and rejects every other command", async () => {
    await create(await machine());
    await run();
    await expect(run({ ...cpu, stdin: `${cpu.stdin}COLOUR=red\n` })).rejects.toThrow(
      "unknown setting 'COLOUR'",
    );
    await expect(run({ create: "rm -rf /" })).rejects.toThrow("knows only the scripts of guest/");
  });

  test("fails the CPU gate on a machine whose CPU hides AVX (C1)", async () => {
    await create({ ...(await machine()), cpu: { type: "kvm64", cores: 2 } });
    await run();
    await expect(run(cpu)).rejects.toThrow("REFUSED (C1)");
  });

  test("simulates on the user's machine only the gate that fetches the Gateway", async () => {
    const { runHere } = commandWorldOf(simulator);
    const environment = { ADDRESS: "10.64.20.30", DOMAIN: "lab.example.net" };
    const script = readFileSync("components/network/reach.sh", "utf8");
    await expect(runHere({ stdin: script, environment }, "sh -s")).rejects.toThrow("No route to host");
    await expect(runHere({ stdin: "curl example.net", environment }, "sh -s")).rejects.toThrow(
      "the rehearsal runs only one command on this machine",
    );
  });
});

describe("the fake Kubernetes provider", () => {
  const fakeProvider = () => kubernetesFakeProvider(simulator);
  const failures = (type: string, inputs: Properties) =>
    (resourceOf(fakeProvider(), type).check?.(inputs) ?? []).map(({ reason }) => reason).join("\n");
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "lab" },
    spec: {},
  };

  test.each([
    ["an object without a kind", { ...claim, kind: undefined }, "Object 'Kind' is missing"],
    ["an object without a namespace", { ...claim, metadata: { name: "data" } }, "has no namespace"],
    [
      "an invalid name",
      { ...claim, metadata: { name: "Data_1", namespace: "lab" } },
      "is not an object name",
    ],
    [
      "a field mistyped",
      { ...claim, spec: { storageClasName: "longhorn" } },
      "spec.storageClasName is not a field",
    ],
  ])("rejects %s", (_what, inputs, words) =>
    expect(failures("kubernetes:core/v1:PersistentVolumeClaim", inputs)).toContain(words),
  );

  test("accepts valid objects, including a Namespace, which is cluster-scoped", () => {
    expect(failures("kubernetes:core/v1:PersistentVolumeClaim", claim)).toBe("");
    expect(
      failures("kubernetes:core/v1:Namespace", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "lab" },
      }),
    ).toBe("");
  });

  test("rejects a release without an exact version", () =>
    expect(failures("kubernetes:helm.sh/v3:Release", { chart: "x", version: "^1.0.0" })).toContain(
      "is not an exact version",
    ));

  test("does not answer before a server runs", async () => {
    const kubernetes = fakeProvider();
    kubernetes.configure?.({ kubeconfig: "clusters: [{ cluster: { server: https://10.64.20.197:6443 } }]" });
    await expect(
      resourceOf(kubernetes, "kubernetes:core/v1:PersistentVolumeClaim").create(claim, "urn"),
    ).rejects.toThrow("unreachable");
  });
});

test("the fake random provider generates a password of the given length, different each time", async () => {
  const password = resourceOf(randomFakeProvider, "random:index/randomPassword:RandomPassword");
  const draw = async () =>
    (await password.create({ length: 64, special: false }, "urn")).outputs.result as string;
  const drawn = await Promise.all([draw(), draw(), draw()]);
  for (const one of drawn) expect(one).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(new Set(drawn).size).toBe(3);
});

test("the fake tls provider generates an RSA key of the given length, which signs its own certificate", async () => {
  const key = resourceOf(tlsFakeProvider, "tls:index/privateKey:PrivateKey");
  const { privateKeyPem } = (await key.create({ algorithm: "RSA", rsaBits: 2048 }, "urn")).outputs;
  expect(createPrivateKey(privateKeyPem as string).asymmetricKeyDetails?.modulusLength).toBe(2048);
  const certificate = resourceOf(tlsFakeProvider, "tls:index/selfSignedCert:SelfSignedCert");
  const { certPem } = (
    await certificate.create(
      { privateKeyPem, subject: { commonName: "lab" }, validityPeriodHours: 24, allowedUses: [] },
      "urn",
    )
  ).outputs;
  expect(new X509Certificate(certPem as string).subject).toBe("CN=lab");
});
