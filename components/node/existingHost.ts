import type pulumi from "@pulumi/pulumi";
import type { ExistingNode } from "../../config/lab.ts";
import { type Machine, sshConnection } from "./machine.ts";

/** An existing host as a machine. No resource is created, and the SSH host key comes from the configuration. */
export function existingHost(
  node: ExistingNode,
  login: { readonly user: string; readonly privateKey: pulumi.Output<string> },
): Machine {
  return { node, connection: sshConnection(node.address, { ...login, hostKey: node.hostKey }), ready: [] };
}
