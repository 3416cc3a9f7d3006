// Type tokens of provider resources that plan, policies and the rehearsal recognize.

/** A script that runs on a node by SSH. */
export const commandType = "command:remote:Command";

/** A Helm release. */
export const releaseType = "kubernetes:helm.sh/v3:Release";

/** A generated password. */
export const passwordType = "random:index/randomPassword:RandomPassword";

/** A virtual machine on a Proxmox host. */
export const virtualMachineType = "proxmoxve:index/vmLegacy:VmLegacy";
