import command from "@pulumi/command";
import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { capacityOf, type Node } from "../../config/lab.ts";
import { parseMirrorPasswords } from "../../config/mirrors.ts";
import { changeGuard } from "../changeGuard.ts";
import type { GuestScript } from "./guestBundle.ts";
import { type GuestStep, guestStep } from "./guestStep.ts";
import type { Machine } from "./machine.ts";
import type { NodeSettings } from "./nodeSteps.ts";
import { refusedRebuild } from "./rebuild.ts";

/** The arguments of a {@link PreparedNode}. */
export interface PreparedNodeArgs {
  /** The machine to prepare. */
  readonly machine: Machine;
  /** Settings of the scripts that prepare the node, from `nodeSettings`. */
  readonly settings: NodeSettings;
  /** All guest scripts. */
  readonly scripts: readonly GuestScript[];
  /** `guestBundle` of the scripts, computed once: some 200 KB that all nodes share. */
  readonly bundle: string;
  /** Public keys that may log in, including the program's own. */
  readonly authorizedKeys: pulumi.Output<string[]>;
  /** Nodes that the network gate connects to. The gate runs after they are prepared. */
  readonly peers: readonly PreparedNode[];
  /** Secret: lab:mirrorPasswords. Empty when no mirror has a login. */
  readonly mirrorPasswords: pulumi.Output<string>;
}

/**
 * A machine that is prepared for K3s: guest scripts installed, system prepared, CPU and network verified, disks prepared.
 * Everything after this component treats a virtual machine and an existing host alike.
 */
export class PreparedNode extends pulumi.ComponentResource {
  readonly machine: Machine;
  /** The CPU gate, the network gate and the disks: everything that must succeed before K3s is configured. */
  readonly ready: readonly pulumi.Resource[];
  /** prepare-node.sh. After it the node answers the network gates of other nodes. */
  readonly #prepared: pulumi.Resource;
  readonly #scripts: readonly GuestScript[];

  constructor(name: string, args: PreparedNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { machine, settings } = args;
    const { node } = machine;
    super(
      componentTypes.node,
      name,
      {
        role: node.role,
        address: node.address,
        vlan: node.network.vlan,
        labels: node.labels,
        ...capacityOf(node),
        disks: node.longhornDisks.map(({ name: disk, sizeGiB, tags }) => ({ name: disk, sizeGiB, tags })),
        ...(node.rebuild === undefined ? {} : { rebuild: node.rebuild }),
      },
      pulumi.mergeOptions(opts, {
        hooks: { beforeUpdate: [rebuildGuard(name)] },
        aliases: [{ type: "lab:node:Node" }],
      }),
    );
    this.machine = machine;
    this.#scripts = args.scripts;

    const scripts = new command.remote.Command(
      `${name}-scripts`,
      {
        connection: machine.connection,
        create: "sudo bash -s",
        update: "sudo bash -s",
        stdin: args.bundle,
        triggers: rebuildTrigger(node),
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        dependsOn: [...machine.ready],
        customTimeouts: { create: "15m", update: "5m" },
      },
    );

    this.#prepared = this.run(
      `${name}-prepare`,
      {
        script: "prepare-node.sh",
        settings: args.authorizedKeys.apply((keys) => settings.prepare(keys)),
        timeout: "20m",
      },
      [scripts],
    );
    const cpu = this.run(
      `${name}-verify-cpu`,
      { script: "verify-cpu.sh", settings: settings.verifyCpu, timeout: "2m" },
      [this.#prepared],
    );
    const network = this.run(
      `${name}-verify-network`,
      {
        script: "verify-network.sh",
        settings: settings.hasMirrorLogins
          ? args.mirrorPasswords.apply((passwords) => settings.verifyNetwork(parseMirrorPasswords(passwords)))
          : settings.verifyNetwork(),
        secret: settings.hasMirrorLogins,
        timeout: "10m",
      },
      [this.#prepared, ...args.peers.map((peer) => peer.#prepared)],
    );
    this.ready = [
      cpu,
      network,
      ...(settings.disks === undefined
        ? []
        : [
            this.run(
              `${name}-disks`,
              { script: "prepare-disks.sh", settings: settings.disks, timeout: "10m" },
              // After the network gate: an unreachable node must not offer disks (N3).
              [network],
            ),
          ]),
    ];
    this.registerOutputs({ address: node.address });
  }

  /**
   * Runs another guest script on this node, as a child of `parent` or of the node. `aliases` are former names of the step.
   */
  run(
    name: string,
    step: Omit<GuestStep, "machine" | "scripts"> & { readonly aliases?: readonly string[] },
    dependsOn: readonly pulumi.Resource[],
    parent: pulumi.Resource = this,
  ): command.remote.Command {
    const { aliases = [], ...run } = step;
    return guestStep(
      name,
      {
        ...run,
        machine: this.machine,
        scripts: this.#scripts,
        triggers: [...rebuildTrigger(this.machine.node), ...(step.triggers ?? [])],
      },
      { parent, dependsOn: [...dependsOn], aliases: aliases.map((alias) => ({ name: alias })) },
    );
  }
}

/** Rejects the removal of a rebuild token, which would rebuild the node once more. */
function rebuildGuard(node: string): pulumi.ResourceHook {
  return changeGuard<{ readonly rebuild?: string }>(`${node}-rebuild-guard`, (old, now) =>
    refusedRebuild(node, old?.rebuild, now.rebuild),
  );
}

/** The trigger that runs every step again on a rebuilt node (K6). */
export function rebuildTrigger({ rebuild }: Node): string[] {
  return rebuild === undefined ? [] : [rebuild];
}
