import command from "@pulumi/command";
import pulumi from "@pulumi/pulumi";
import { type GuestScript, guestDirectory, scriptHash } from "./guestBundle.ts";
import { renderSettings, type Settings } from "./guestSettings.ts";
import type { Machine } from "./machine.ts";

/** A run of a guest script on a machine. */
export interface GuestStep {
  readonly machine: Machine;
  readonly scripts: readonly GuestScript[];
  /** The script's file in guest/. */
  readonly script: string;
  readonly settings: Settings | pulumi.Output<Settings>;
  /** Whether the settings contain a secret. Input and output of the step are then stored encrypted and not logged. Default: false. */
  readonly secret?: boolean;
  /** Further values that run the step again when they change, in addition to the script and its settings. */
  readonly triggers?: readonly pulumi.Input<string>[];
  /** Whether the step runs only when `triggers` change and not when the script changes: for an action that is ordered once. Default: false. */
  readonly once?: boolean;
  /** Pulumi's custom timeout for the step, such as `10m`. The step fails when it takes longer. */
  readonly timeout: string;
}

/**
 * Runs a guest script as root. The step runs again, as an update in place, when the script, lib.sh or the settings
 * change. Every script is idempotent, so running it again is safe.
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
      // By default the provider sets environment variables that sshd does not accept, and warns at every run.
      addPreviousOutputInEnv: false,
      logging: step.secret ? "none" : "stdoutAndStderr",
    },
    pulumi.mergeOptions(opts, {
      // The provider does not mark the output of a command as secret, even when its input is.
      additionalSecretOutputs: step.secret ? ["stdout", "stderr"] : [],
      customTimeouts: { create: step.timeout, update: step.timeout },
    }),
  );
}
