import pulumi from "@pulumi/pulumi";
import { type Diagnostic, formatDiagnostics } from "../../config/diagnostic.ts";
import type { Lab, VirtualNode } from "../../config/lab.ts";
import { usesAttachedProvider } from "../attachedProviders.ts";
import { apiProblems, idProblems } from "./apiChecks.ts";
import { type AskApi, hostApi } from "./hostApi.ts";
import { sshProblems } from "./sshChecks.ts";

/**
 * Refuses to create or change anything on Proxmox hosts that would fail halfway: an untrusted certificate, a refused token,
 * a privilege or content type that is missing, an SSH host key other than the pinned one. It runs at most once in an `up`,
 * before the first resource on a host, and never in a preview (docs/decisions/0017-proxmox-host-gate.md).
 */
export class HostGate {
  readonly #lab: Lab;
  readonly #secrets: {
    readonly apiToken: pulumi.Output<string>;
    readonly sshPrivateKey: pulumi.Output<string>;
  };
  readonly #hook: pulumi.ResourceHook;
  #problems: Promise<readonly Diagnostic[]> | undefined;

  constructor(
    name: string,
    lab: Lab,
    secrets: { apiToken: pulumi.Output<string>; sshPrivateKey: pulumi.Output<string> },
  ) {
    this.#lab = lab;
    this.#secrets = secrets;
    this.#hook = new pulumi.ResourceHook(`${name}-host-gate`, () => this.#pass());
  }

  /** Hooks of a resource on a host. */
  get hooks(): { beforeCreate: pulumi.ResourceHook[]; beforeUpdate: pulumi.ResourceHook[] } {
    return { beforeCreate: [this.#hook], beforeUpdate: [this.#hook] };
  }

  /** Hooks of a machine, whose id must be free when it is created. */
  machineHooks(node: VirtualNode): {
    beforeCreate: pulumi.ResourceHook[];
    beforeUpdate: pulumi.ResourceHook[];
  } {
    const idIsFree = new pulumi.ResourceHook(`${node.name}-id-gate`, async () => {
      if (usesAttachedProvider("proxmoxve")) return;
      const problems = await idProblems(node, await this.#api());
      if (problems.length > 0) throw new Error(formatDiagnostics(problems));
    });
    return { ...this.hooks, beforeCreate: [this.#hook, idIsFree] };
  }

  async #pass(): Promise<void> {
    // Its world is not behind the lab's addresses.
    if (usesAttachedProvider("proxmoxve")) return;
    const isFirst = this.#problems === undefined;
    this.#problems ??= this.#ask();
    const problems = await this.#problems;
    if (problems.length === 0) return;
    // One message for the whole lab: the engine starts several resources at once, and each has the hook.
    throw new Error(
      isFirst
        ? `Proxmox is not ready for this lab, so nothing is created or changed there\n\n${formatDiagnostics(problems)}`
        : "Proxmox is not ready for this lab: the message of the first resource says why",
    );
  }

  async #ask(): Promise<readonly Diagnostic[]> {
    const [apiToken, sshPrivateKey] = await Promise.all([
      known(this.#secrets.apiToken),
      known(this.#secrets.sshPrivateKey),
    ]);
    // The part before the secret UUID names the token, as the messages of Proxmox do.
    const tokenId = apiToken.split("=")[0] ?? "";
    const found = await Promise.all([
      apiProblems(this.#lab, tokenId, await this.#api()),
      sshProblems(this.#lab, sshPrivateKey),
    ]);
    return found.flat();
  }

  async #api(): Promise<AskApi> {
    return hostApi(this.#lab.config.proxmox?.endpoint ?? "", await known(this.#secrets.apiToken));
  }
}

/** The value of an output that comes from the configuration, and so is known in every `up`. */
function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
