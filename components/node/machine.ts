import type { types } from "@pulumi/command";
import type pulumi from "@pulumi/pulumi";
import type { Node } from "../../config/lab.ts";

/** A machine that the program reaches by SSH: a virtual machine or an existing host. */
export interface Machine {
  /** The node of the configuration that runs on the machine. */
  readonly node: Node;
  readonly connection: types.input.remote.ConnectionArgs;
  /** Resources that must exist before the first connection. Empty for an existing host. */
  readonly ready: readonly pulumi.Resource[];
}

/** SSH connection arguments that verify the host key and retry while the machine boots. */
export function sshConnection(
  address: string,
  login: { user: string; privateKey: pulumi.Output<string>; hostKey: pulumi.Input<string> },
): types.input.remote.ConnectionArgs {
  return {
    host: address,
    port: 22,
    ...login,
    // A first boot takes one to two minutes. The provider retries after at most five seconds.
    dialErrorLimit: 60,
    perDialTimeout: 15,
  };
}
