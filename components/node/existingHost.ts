import type pulumi from "@pulumi/pulumi";
import type { ExistingNode, Lab } from "../../config/lab.ts";
import { connect, type Machine } from "./machine.ts";

/** A host that is there already: nothing is made, and its key is the one the configuration names. */
export function existingHost(lab: Lab, node: ExistingNode, sshPrivateKey: pulumi.Output<string>): Machine {
  const { user } = lab.config.ssh;
  return {
    node,
    connection: connect(node, { user, privateKey: sshPrivateKey, hostKey: node.hostKey }),
    dependsOn: [],
  };
}
