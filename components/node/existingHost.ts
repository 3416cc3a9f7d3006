import type pulumi from "@pulumi/pulumi";
import type { ExistingNode, Lab } from "../../config/lab.ts";
import { connect, type Machine } from "./machine.ts";

/** An existing host as a machine. No resource is created, and the SSH host key comes from the configuration. */
export function existingHost(lab: Lab, node: ExistingNode, sshPrivateKey: pulumi.Output<string>): Machine {
  const { user } = lab.config.ssh;
  return {
    node,
    connection: connect(node, { user, privateKey: sshPrivateKey, hostKey: node.hostKey }),
    dependsOn: [],
  };
}
