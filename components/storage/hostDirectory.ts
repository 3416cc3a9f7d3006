import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { PreparedNode } from "../node/node.ts";

/**
 * A directory of one node for one service: made there with its owner, offered as a volume, and pinned to that node, all
 * from one declaration. For single-node databases (S10, D1).
 */
export class HostDirectory extends pulumi.ComponentResource {
  /** The pod's volume: a directory that is there already, never one that Kubernetes makes for root. */
  readonly volume: {
    readonly name: string;
    readonly hostPath: { readonly path: string; readonly type: "Directory" };
  };
  /** Where the pod has to run. */
  readonly affinity: kubernetes.types.input.core.v1.Affinity;
  readonly prepared: pulumi.Resource;

  constructor(
    name: string,
    args: {
      readonly node: PreparedNode;
      readonly path: string;
      /** `UID:GID` of the process in the pod. */
      readonly owner: string;
      /** Octal permissions, such as `0750`. */
      readonly mode: string;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { node } = args.node.machine;
    super("lab:storage:HostDirectory", name, { node: node.name, path: args.path, owner: args.owner }, opts);
    this.prepared = args.node.run(
      `${name}-directory`,
      {
        script: "prepare-directory.sh",
        settings: { NAME: name, DIRECTORY: args.path, OWNER: args.owner, MODE: args.mode },
        timeout: "5m",
      },
      args.node.ready,
      this,
    );
    this.volume = { name, hostPath: { path: args.path, type: "Directory" } };
    this.affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node.name] }] },
          ],
        },
      },
    };
    this.registerOutputs({});
  }
}
