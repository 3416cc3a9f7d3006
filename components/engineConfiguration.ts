import { join } from "node:path";
import pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import type { Lab } from "../config/lab.ts";
import { readLab, readSecrets, type Secrets } from "../config/read.ts";
import { oldNamesWarning } from "../config/renamedFields.ts";
import { fromEngine, withFileProblems } from "../config/source.ts";

/** Secrets of the lab as the components take them: never in clear text again. */
export type SecretOutputs = { readonly [Key in keyof Secrets]: pulumi.Output<string> };

/** The lab of the running stack. @throws pulumi.RunError where the configuration is refused. */
export function engineConfiguration(): { lab: Lab; secrets: SecretOutputs } {
  const stack = pulumi.getStack();
  const handed = fromEngine(stack, pulumi.runtime.allConfig(), isStoredSecret);
  // Empty where the program is part of another process: the plan and the rehearsal check the file.
  const folder = pulumi.getRootDirectory();
  const source = folder === "" ? handed : withFileProblems(handed, join(folder, `Pulumi.${stack}.yaml`));
  const warning = oldNamesWarning(source);
  if (warning !== undefined && folder !== "" && pulumi.runtime.getEngine() !== undefined)
    void pulumi.log.warn(warning);
  return asRunError(() => {
    const lab = readLab(stack, source);
    return { lab, secrets: secretOutputs(readSecrets(lab, source)) };
  });
}

/** Secrets as the components take them. */
export function secretOutputs(secrets: Secrets): SecretOutputs {
  return {
    proxmoxApiToken: pulumi.secret(secrets.proxmoxApiToken),
    sshPrivateKey: pulumi.secret(secrets.sshPrivateKey),
    backupKeyId: pulumi.secret(secrets.backupKeyId),
    backupKey: pulumi.secret(secrets.backupKey),
    dnsToken: pulumi.secret(secrets.dnsToken),
    tailscaleAuthKey: pulumi.secret(secrets.tailscaleAuthKey),
    mirrorPasswords: pulumi.secret(secrets.mirrorPasswords),
  };
}

/**
 * Does a part of the program that may find the configuration wrong. @throws pulumi.RunError with the refusal as its
 * cause, since the engine shows a RunError's message and any other error's stack trace.
 */
export function asRunError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    return refuse(error);
  }
}

/** @throws pulumi.RunError in place of a ConfigurationRefused; any other error as it is */
export function refuse(error: unknown): never {
  if (!(error instanceof ConfigurationRefused)) throw error;
  const plain = new pulumi.RunError(error.message);
  plain.cause = error;
  throw plain;
}

/** Whether the engine keeps a value encrypted. The SDK knows, and leaves the function out of its types only. */
function isStoredSecret(key: string): boolean {
  return (runtimeConfig as typeof runtimeConfig & { isConfigSecret(key: string): boolean }).isConfigSecret(
    key,
  );
}
