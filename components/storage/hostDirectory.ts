import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { hostnameLabel } from "../../catalog/annotations.ts";
import type { PreparedNode } from "../node/node.ts";

/** The arguments of a {@link HostDirectory}. */
export interface HostDirectoryArgs {
  /** The node with the directory. */
  readonly node: PreparedNode;
  /** Absolute path, such as `/var/lib/elasticsearch`. */
  readonly path: string;
  /** `UID:GID` of the process in the pod. */
  readonly owner: string;
  /** Octal permissions, such as `0750`. */
  readonly mode: string;
}

/**
 * A directory on one node for one service: created with its owner and permissions, available as a hostPath volume, with the
 * node affinity that pins pods to the node. For single-node databases (S10, D1).
 */
export class HostDirectory extends pulumi.ComponentResource {
  /** The hostPath volume. Its type Directory requires an existing directory; DirectoryOrCreate would create one owned by root. */
  readonly volume: {
    readonly name: string;
    readonly hostPath: { readonly path: string; readonly type: "Directory" };
  };
  /** The node affinity for the pods that mount the volume. */
  readonly affinity: kubernetes.types.input.core.v1.Affinity;
  /** The directory exists with its owner and permissions. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: HostDirectoryArgs, opts: pulumi.ComponentResourceOptions) {
    const { node } = args.node.machine;
    super("lab:storage:HostDirectory", name, { node: node.name, path: args.path, owner: args.owner }, opts);
    this.ready = args.node.run(
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
            { matchExpressions: [{ key: hostnameLabel, operator: "In", values: [node.name] }] },
          ],
        },
      },
    };
    this.registerOutputs({});
  }
}
