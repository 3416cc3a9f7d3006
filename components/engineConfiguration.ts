import { join } from "node:path";
import pulumi from "@pulumi/pulumi";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import { ConfigurationRefused } from "../config/diagnostic.ts";
import type { Lab } from "../config/lab.ts";
import { readLab, readSecrets, type Secrets } from "../config/read.ts";
import { oldNamesWarning } from "../config/renamedFields.ts";
import { fromEngine, withFileProblems } from "../config/source.ts";

/** The secrets of the lab as Pulumi secrets, as the components take them. */
export type SecretOutputs = { readonly [Key in keyof Secrets]: pulumi.Output<string> };

/** Reads the lab of the running stack. @throws pulumi.RunError when the configuration is rejected */
export function engineConfiguration(): { lab: Lab; secrets: SecretOutputs } {
  const stack = pulumi.getStack();
  const engineSource = fromEngine(stack, pulumi.runtime.allConfig(), isStoredSecret);
  // The root directory is empty when the program runs inside another process (plan, rehearsal). Those read the file themselves.
  const folder = pulumi.getRootDirectory();
  const source =
    folder === "" ? engineSource : withFileProblems(engineSource, join(folder, `Pulumi.${stack}.yaml`));
  const warning = oldNamesWarning(source);
  if (warning !== undefined && folder !== "" && pulumi.runtime.getEngine() !== undefined)
    void pulumi.log.warn(warning);
  return asRunError(() => {
    const lab = readLab(stack, source);
    return { lab, secrets: secretOutputs(readSecrets(lab, source)) };
  });
}

/** Marks every secret as a Pulumi secret. */
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
 * Runs a part of the program that validates the configuration. @throws pulumi.RunError with the ConfigurationRefused as
 * its cause. The engine prints only the message of a RunError, and a stack trace for every other error.
 */
export function asRunError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    return rethrowAsRunError(error);
  }
}

/** Rethrows a ConfigurationRefused as a pulumi.RunError, and any other error unchanged. */
export function rethrowAsRunError(error: unknown): never {
  if (!(error instanceof ConfigurationRefused)) throw error;
  const runError = new pulumi.RunError(error.message);
  runError.cause = error;
  throw runError;
}

/** Whether the stack stores a value encrypted. The SDK has this function but does not declare it in its types. */
function isStoredSecret(key: string): boolean {
  return (runtimeConfig as typeof runtimeConfig & { isConfigSecret(key: string): boolean }).isConfigSecret(
    key,
  );
}
