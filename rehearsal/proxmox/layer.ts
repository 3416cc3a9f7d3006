import pulumi from "@pulumi/pulumi";
import { asRunError, engineConfiguration } from "../../components/engineConfiguration.ts";
import { publicKeyOf } from "../../components/node/sshKey.ts";
import { virtualMachineArgs } from "../../components/proxmox/machineArgs.ts";
import { Proxmox } from "../../components/proxmox/proxmox.ts";
import { proxmoxArgs } from "../../components/proxmox/proxmoxArgs.ts";
import { VirtualMachine } from "../../components/proxmox/virtualMachine.ts";

/**
 * The Proxmox layer of the program: images, snippets and virtual machines, without resources that connect to a
 * machine.
 * @param ignoresSpeed whether differences in the speed limits of disks are ignored, as in the program
 */
export async function proxmoxLayer(ignoresSpeed = true): Promise<object> {
  const { lab, secrets } = engineConfiguration();
  if (!ignoresSpeed)
    pulumi.runtime.registerStackTransformation(({ props, opts }) => {
      const { ignoreChanges = [] } = opts as pulumi.CustomResourceOptions;
      return {
        props,
        opts: { ...opts, ignoreChanges: ignoreChanges.filter((path) => !/speed$/.test(path)) },
      };
    });
  asRunError(() => {
    const proxmox = new Proxmox("proxmox", {
      ...proxmoxArgs(lab),
      apiToken: secrets.proxmoxApiToken,
      sshPrivateKey: secrets.sshPrivateKey,
    });
    const authorizedKeys = secrets.sshPrivateKey.apply((key) => [publicKeyOf(key)]);
    for (const node of lab.nodes)
      if (node.kind === "vm")
        new VirtualMachine(node.name, {
          ...virtualMachineArgs(lab, node),
          proxmox,
          sshPrivateKey: secrets.sshPrivateKey,
          authorizedKeys,
        });
  });
  return {};
}
