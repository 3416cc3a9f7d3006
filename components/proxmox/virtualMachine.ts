import { AsyncLocalStorage } from "node:async_hooks";
import proxmoxve from "@muhlba91/pulumi-proxmoxve";
import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import type { VirtualNode } from "../../config/lab.ts";
import { changeGuard } from "../changeGuard.ts";
import { type Machine, sshConnection } from "../node/machine.ts";
import { userData } from "./cloudInit.ts";
import { refusedDiskChanges } from "./diskChanges.ts";
import type { machineArgs } from "./machineArgs.ts";
import { powerCycleNotice, refusedResize } from "./powerCycle.ts";
import type { Proxmox } from "./proxmox.ts";

/** The inputs of a machine that its change guard compares. */
interface MachineInputs extends Readonly<Record<string, unknown>> {
  readonly disks?: Parameters<typeof refusedDiskChanges>[1];
}

/** Rejects an update that would delete a disk (S3) or that the provider would apply only in part. */
function diskChangeGuard(node: string): pulumi.ResourceHook {
  return changeGuard<MachineInputs>(`${node}-disk-change-guard`, (old, now) => [
    ...refusedDiskChanges(node, old?.disks ?? [], now.disks ?? []),
    ...refusedResize(node, old ?? {}, now),
  ]);
}

/** Warns after an update about changes that take effect only when the machine is stopped and started. The program restarts no machine. */
function powerCycleReport(node: VirtualNode): pulumi.ResourceHook {
  const { id, host } = node.vm;
  const report: pulumi.ResourceHookFunction = async ({ oldInputs, newInputs }) => {
    const notice = powerCycleNotice({ name: node.name, id, host }, oldInputs ?? {}, newInputs ?? {});
    if (notice !== undefined) await pulumi.log.warn(notice);
  };
  // The SDK finds its engine in the asynchronous context, and a hook runs outside of it.
  return new pulumi.ResourceHook(`${node.name}-power-cycle-report`, AsyncLocalStorage.bind(report));
}

/** The arguments of a {@link VirtualMachine}. `virtualMachineArgs` derives those that the configuration determines. */
export interface VirtualMachineArgs {
  /** The node that runs on the machine. */
  readonly node: VirtualNode;
  /** Arguments of the Proxmox resource, from `machineArgs`. */
  readonly machine: ReturnType<typeof machineArgs>;
  /** The hosts, with provider, gate and system image. */
  readonly proxmox: Proxmox;
  /** Datastore of the machine's host for its user data, with the content type snippets. */
  readonly snippetDatastore: string;
  /** File name of the user data on that datastore. */
  readonly userDataFile: string;
  /** Account that cloud-init creates. The program logs in with it. */
  readonly user: string;
  /** Whether Pulumi protects the machine and its host key from deletion. */
  readonly protect: boolean;
  /** Secret: the private key that the program logs in with. */
  readonly sshPrivateKey: pulumi.Output<string>;
  /** Public keys that may log in at the first boot. */
  readonly authorizedKeys: pulumi.Output<string[]>;
}

/** A node's Proxmox virtual machine, its SSH host key and its cloud-init user data. */
export class VirtualMachine extends pulumi.ComponentResource implements Machine {
  readonly node: VirtualNode;
  readonly connection: Machine["connection"];
  /** The virtual machine. */
  readonly ready: readonly pulumi.Resource[];
  readonly hostPublicKey: pulumi.Output<string>;

  constructor(name: string, args: VirtualMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, node, protect, proxmox, user } = args;
    super("lab:proxmox:VirtualMachine", name, { vmId: node.vm.id, host: node.vm.host }, opts);
    this.node = node;

    // Protected: with another host key every connection to the node would fail.
    const hostKey = new tls.PrivateKey(
      `${name}-host-key`,
      { algorithm: "ED25519" },
      { parent: this, protect },
    );
    this.hostPublicKey = hostKey.publicKeyOpenssh.apply((key) => key.trim());

    const snippet = new proxmoxve.FileLegacy(
      `${name}-user-data`,
      {
        nodeName: node.vm.host,
        datastoreId: args.snippetDatastore,
        contentType: "snippets",
        uploadMode: "sftp",
        // The file contains the node's private host key. Proxmox reads snippets as root; the default mode is 0644.
        fileMode: "0600",
        sourceRaw: {
          fileName: args.userDataFile,
          data: pulumi.secret(
            pulumi
              .all([hostKey.privateKeyOpenssh, this.hostPublicKey, args.authorizedKeys])
              .apply(([hostPrivateKey, hostPublicKey, authorizedKeys]) =>
                userData({
                  hostname: name,
                  user,
                  authorizedKeys,
                  hostPrivateKey,
                  hostPublicKey,
                }),
              ),
          ),
        },
      },
      {
        parent: this,
        provider: proxmox.provider,
        hooks: proxmox.gate.hooks,
        // Read at the first boot only: a new file would replace the machine. prepare-node.sh installs later keys. The file
        // also stays on its datastore when another one is configured: the machine does not start without the referenced file.
        ignoreChanges: ["sourceRaw", "datastoreId"],
      },
    );

    const [system, ...data] = machine.disks;
    if (system === undefined) throw new Error(`${name} has no system disk`);
    const gate = proxmox.gate.machineHooks(node);
    const vm = new proxmoxve.VmLegacy(
      name,
      {
        ...machine,
        disks: [{ ...system, importFrom: proxmox.image(node.vm.host).id }, ...data],
        initialization: { ...machine.initialization, userDataFileId: snippet.id },
      },
      {
        parent: this,
        provider: proxmox.provider,
        protect,
        // Two machines cannot share a VMID, an address or a disk name.
        deleteBeforeReplace: true,
        // Never null, which the engine takes for "no trigger": a first order would then replace nothing.
        replacementTrigger: node.rebuild ?? "as it was first made",
        hooks: {
          ...gate,
          beforeUpdate: [diskChangeGuard(name), ...gate.beforeUpdate],
          afterUpdate: [powerCycleReport(node)],
        },
        ignoreChanges: [
          // Read at the first boot only; a change would replace the machine.
          "initialization",
          "disks[0].importFrom",
          // The provider reads limits of zero when none are set. ignoreChanges works by index and not by `disks[*]`:
          // muhlba91/pulumi-proxmoxve#664.
          ...machine.disks.map((_, index) => `disks[${index}].speed`),
        ],
      },
    );
    this.connection = sshConnection(node.address, {
      user,
      privateKey: args.sshPrivateKey,
      hostKey: this.hostPublicKey,
    });
    this.ready = [vm];
    this.registerOutputs({ hostPublicKey: this.hostPublicKey });
  }
}
