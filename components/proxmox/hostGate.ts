import pulumi from "@pulumi/pulumi";
import { type Diagnostic, formatDiagnostics } from "../../config/diagnostic.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { usesAttachedProvider } from "../attachedProviders.ts";
import { checkVmId } from "./apiChecks.ts";
import { type ApiGet, hostApi } from "./hostApi.ts";

/** The checks of the hosts, with the requirements of a lab. */
export interface HostChecks {
  /** Checks the API of the hosts. `tokenId` names the token in messages. */
  readonly api: (tokenId: string, get: ApiGet) => Promise<readonly Diagnostic[]>;
  /** Checks the SSH servers of the hosts that receive snippets, and pins their host keys. */
  readonly ssh: (privateKey: string) => Promise<readonly Diagnostic[]>;
}

/** The arguments of a {@link HostGate}. */
export interface HostGateArgs {
  /** URL of the Proxmox API, such as `https://10.1.0.5:8006`. */
  readonly endpoint: string;
  readonly checks: HostChecks;
  /** Secret: the API token, USER@REALM!NAME=UUID. */
  readonly apiToken: pulumi.Output<string>;
  /** Secret: the private key that the snippet account accepts. */
  readonly sshPrivateKey: pulumi.Output<string>;
}

/**
 * Stops an `up` that would fail halfway on the Proxmox hosts: an untrusted certificate, a rejected token, a missing
 * privilege or content type, an SSH host key other than the pinned one. The gate runs at most once in an `up`, before the
 * first resource on a host, and never in a preview (docs/decisions/0017-proxmox-host-gate.md).
 */
export class HostGate {
  readonly #args: HostGateArgs;
  readonly #hook: pulumi.ResourceHook;
  #diagnostics: Promise<readonly Diagnostic[]> | undefined;

  constructor(name: string, args: HostGateArgs) {
    this.#args = args;
    this.#hook = new pulumi.ResourceHook(`${name}-host-gate`, () => this.#check());
  }

  /** Hooks for a resource on a Proxmox host. */
  get hooks(): { beforeCreate: pulumi.ResourceHook[]; beforeUpdate: pulumi.ResourceHook[] } {
    return { beforeCreate: [this.#hook], beforeUpdate: [this.#hook] };
  }

  /** Hooks for a virtual machine. Its VMID must be free when it is created. */
  machineHooks(node: VirtualNode): {
    beforeCreate: pulumi.ResourceHook[];
    beforeUpdate: pulumi.ResourceHook[];
  } {
    const idGate = new pulumi.ResourceHook(`${node.name}-id-gate`, async () => {
      if (usesAttachedProvider("proxmoxve")) return;
      const diagnostics = await checkVmId(node, await this.#api());
      if (diagnostics.length > 0) throw new Error(formatDiagnostics(diagnostics));
    });
    return { ...this.hooks, beforeCreate: [this.#hook, idGate] };
  }

  async #check(): Promise<void> {
    // An attached provider simulates the hosts; nothing listens at the addresses of the lab.
    if (usesAttachedProvider("proxmoxve")) return;
    const isFirst = this.#diagnostics === undefined;
    this.#diagnostics ??= this.#runChecks();
    const diagnostics = await this.#diagnostics;
    if (diagnostics.length === 0) return;
    // The full message is printed once: the engine starts several resources at once, and the hook runs for each.
    throw new Error(
      isFirst
        ? `Proxmox is not ready for this lab, so nothing is created or changed on its hosts\n\n${formatDiagnostics(diagnostics)}`
        : "Proxmox is not ready for this lab: see the message of the first resource",
    );
  }

  async #runChecks(): Promise<readonly Diagnostic[]> {
    const [apiToken, sshPrivateKey] = await Promise.all([
      resolved(this.#args.apiToken),
      resolved(this.#args.sshPrivateKey),
    ]);
    // Proxmox names a token by the part before the secret UUID.
    const tokenId = apiToken.split("=")[0] ?? "";
    const found = await Promise.all([
      this.#args.checks.api(tokenId, await this.#api()),
      this.#args.checks.ssh(sshPrivateKey),
    ]);
    return found.flat();
  }

  async #api(): Promise<ApiGet> {
    return hostApi(this.#args.endpoint, await resolved(this.#args.apiToken));
  }
}

/** The value of an output from the configuration, which is known in every `up`. */
function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
