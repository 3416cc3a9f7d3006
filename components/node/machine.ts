import type { types } from "@pulumi/command";
import type pulumi from "@pulumi/pulumi";
import type { Node } from "../../config/lab.ts";

/** A machine that the program reaches by SSH: a virtual machine or an existing host. */
export interface Machine {
  readonly node: Node;
  readonly connection: types.input.remote.ConnectionArgs;
  /** Resources that must exist before the first connection. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** SSH connection arguments that verify the host key and retry while the machine boots. */
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
    // A first boot takes one to two minutes. The provider retries after at most five seconds.
    dialErrorLimit: 60,
    perDialTimeout: 15,
  };
}
