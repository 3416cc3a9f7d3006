import command from "@pulumi/command";
import pulumi from "@pulumi/pulumi";
import { capacityOf, type Lab, type Node } from "../../config/lab.ts";
import { mirrorLogins, parseMirrorPasswords } from "../../config/mirrors.ts";
import { changeGuard } from "../changeGuard.ts";
import type { GuestScript } from "./guestBundle.ts";
import { type GuestStep, guestStep } from "./guestStep.ts";
import type { Machine } from "./machine.ts";
import {
  prepareDisksSettings,
  prepareNodeSettings,
  verifyCpuSettings,
  verifyNetworkSettings,
} from "./nodeSteps.ts";
import { refusedRebuild } from "./rebuild.ts";

/**
 * A machine that is prepared for K3s: guest scripts installed, system prepared, CPU and network verified, disks prepared.
 * Everything after this component treats a virtual machine and an existing host alike.
 */
export class PreparedNode extends pulumi.ComponentResource {
  readonly machine: Machine;
  /** Done once the system is prepared; other nodes may then expect this one to answer. */
  readonly prepared: pulumi.Resource;
  /** The node reaches its gateway, its peers, its name servers and the registries that it pulls from. */
  readonly networkVerified: pulumi.Resource;
  /** Everything that has to be done before K3s. */
  readonly ready: readonly pulumi.Resource[];
  readonly #scripts: readonly GuestScript[];

  constructor(
    name: string,
    args: {
      lab: Lab;
      machine: Machine;
      scripts: readonly GuestScript[];
      /** `guestBundle` of these scripts, computed once: some 200 KB that every node shares. */
      bundle: string;
      authorizedKeys: pulumi.Output<string[]>;
      /** Nodes whose answer the network gate expects. */
      peers: readonly PreparedNode[];
      /** Secret: lab:mirrorPasswords, empty where no mirror has a login. */
      mirrorPasswords: pulumi.Output<string>;
    },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { lab, machine } = args;
    const { node } = machine;
    super(
      "lab:node:Node",
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
      pulumi.mergeOptions(opts, { hooks: { beforeUpdate: [rebuildGuard(name)] } }),
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
        dependsOn: [...machine.dependsOn],
        customTimeouts: { create: "15m", update: "5m" },
      },
    );

    this.prepared = this.run(
      `${name}-prepare`,
      {
        script: "prepare-node.sh",
        settings: args.authorizedKeys.apply((keys) => prepareNodeSettings(lab, node, keys)),
        timeout: "20m",
      },
      [scripts],
    );
    const cpu = this.run(
      `${name}-verify-cpu`,
      { script: "verify-cpu.sh", settings: verifyCpuSettings(node), timeout: "2m" },
      [this.prepared],
    );
    const hasLogins = mirrorLogins(lab.config).length > 0;
    const network = this.run(
      `${name}-verify-network`,
      {
        script: "verify-network.sh",
        settings: hasLogins
          ? args.mirrorPasswords.apply((passwords) =>
              verifyNetworkSettings(lab, node, parseMirrorPasswords(passwords)),
            )
          : verifyNetworkSettings(lab, node),
        secret: hasLogins,
        timeout: "10m",
      },
      [this.prepared, ...args.peers.map((peer) => peer.prepared)],
    );
    this.networkVerified = network;
    const disks = prepareDisksSettings(node);
    this.ready = [
      cpu,
      network,
      ...(disks === undefined
        ? []
        : [
            this.run(
              `${name}-disks`,
              { script: "prepare-disks.sh", settings: disks, timeout: "10m" },
              // After the network gate: an unreachable node must not offer disks (N3).
              [network],
            ),
          ]),
    ];
    this.registerOutputs({ address: node.address });
  }

  /** Runs one more guest script on this node, as a child of `parent` or of the node. */
  run(
    name: string,
    step: Omit<GuestStep, "machine" | "scripts">,
    dependsOn: readonly pulumi.Resource[],
    parent: pulumi.Resource = this,
  ): command.remote.Command {
    return guestStep(
      name,
      {
        ...step,
        machine: this.machine,
        scripts: this.#scripts,
        triggers: [...rebuildTrigger(this.machine.node), ...(step.triggers ?? [])],
      },
      { parent, dependsOn: [...dependsOn] },
    );
  }
}

/** Rejects a change of `rebuild` that would recreate the node without a new order. */
function rebuildGuard(node: string): pulumi.ResourceHook {
  return changeGuard<{ readonly rebuild?: string }>(`${node}-rebuild-guard`, (old, now) =>
    refusedRebuild(node, old?.rebuild, now.rebuild),
  );
}

/** Trigger that runs every step of a node again after the node is rebuilt: the new machine has none of its effects (K6). */
export function rebuildTrigger({ rebuild }: Node): string[] {
  return rebuild === undefined ? [] : [rebuild];
}
