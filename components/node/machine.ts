import type { types } from "@pulumi/command";
import type pulumi from "@pulumi/pulumi";
import type { Node } from "../../config/lab.ts";

/** A machine that answers on SSH, whatever carries it: what the steps on a node need to know of it. */
export interface Machine {
  readonly node: Node;
  readonly connection: types.input.remote.ConnectionArgs;
  /** What must exist before the first connection. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** A connection that checks the host's key and gives a booting machine time to answer. */
export function connect(
  node: Node,
  access: { user: string; privateKey: pulumi.Output<string>; hostKey: pulumi.Input<string> },
): types.input.remote.ConnectionArgs {
  return {
    host: node.address,
    port: 22,
    user: access.user,
    privateKey: access.privateKey,
    hostKey: access.hostKey,
    // A first boot takes a minute or two: the provider tries again after at most five seconds.
    dialErrorLimit: 60,
    perDialTimeout: 15,
  };
}
