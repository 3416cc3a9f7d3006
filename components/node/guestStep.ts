import command from "@pulumi/command";
import pulumi from "@pulumi/pulumi";
import { type GuestScript, guestDirectory, scriptHash } from "./guestBundle.ts";
import { renderSettings, type Settings } from "./guestSettings.ts";
import type { Machine } from "./machine.ts";

/** One run of a guest script on one machine. */
export interface GuestStep {
  readonly machine: Machine;
  readonly scripts: readonly GuestScript[];
  /** The script's file in guest/. */
  readonly script: string;
  readonly settings: Settings | pulumi.Output<Settings>;
  /** Whether the settings hold a secret: nothing of the step is then shown or stored in clear text. */
  readonly secret?: boolean;
  /** More reasons to run again, beside the script and its settings. */
  readonly triggers?: readonly pulumi.Input<string>[];
  /** Whether it runs only for its triggers, and not when the script changes: for what a person ordered once. */
  readonly once?: boolean;
  /** How long the step may take before it counts as failed, such as `10m`. */
  readonly timeout: string;
}

/**
 * Runs a guest script as root. It runs again, in place, when the script, the library it reads or its settings
 * change; every script is idempotent, so that is always safe.
 */
export function guestStep(
  name: string,
  step: GuestStep,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const run = `sudo ${guestDirectory}/${step.script}`;
  const stdin = pulumi.output(step.settings).apply(renderSettings);
  return new command.remote.Command(
    name,
    {
      connection: step.machine.connection,
      create: run,
      update: run,
      stdin: step.secret ? pulumi.secret(stdin) : stdin,
      triggers: [...(step.once ? [] : [scriptHash(step.scripts, step.script)]), ...(step.triggers ?? [])],
      // Otherwise the provider tries to set environment variables that sshd does not accept, and warns each time.
      addPreviousOutputInEnv: false,
      logging: step.secret ? "none" : "stdoutAndStderr",
    },
    pulumi.mergeOptions(opts, {
      // A command's output is not secret even where its input is.
      additionalSecretOutputs: step.secret ? ["stdout", "stderr"] : [],
      customTimeouts: { create: step.timeout, update: step.timeout },
    }),
  );
}
