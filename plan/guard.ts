import pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { asRunError, type SecretOutputs, secretOutputs } from "../components/engineConfiguration.ts";
import type { Lab } from "../config/lab.ts";
import { exemptionsOf } from "../policy/exemptions.ts";
import { labGuard } from "../policy/guardOptions.ts";
import { placeholderSecrets } from "./placeholders.ts";
import { isRecording, recordProgram } from "./record.ts";
import { guardRegistrations, type Registrar } from "./registrations.ts";
import { describeViolations, verdicts } from "./verdicts.ts";

/**
 * Judges the program by the policies before its first resource is registered, as `npm run plan` does: on the mock
 * runtime, with placeholders for secrets. Without it a bare `pulumi up` would be judged by nothing, since the engine
 * asks only the packs that it is given (docs/decisions/0015-policies-before-registration.md). What only the engine knows
 * is judged at each registration that follows.
 *
 * @returns the policies whose advice was printed
 * @throws pulumi.RunError with every mandatory violation
 */
export async function guard(lab: Lab, build: (secrets: SecretOutputs) => unknown): Promise<string[]> {
  // A plan is judged by the command that makes it.
  if (isRecording()) return [];
  const options = labGuard(exemptionsOf(lab.config));
  const resources = await recordProgram({ stack: lab.stack, config: {}, secretKeys: [] }, async () => {
    asRunError(() => build(secretOutputs(placeholderSecrets(lab))));
  });
  const { violations } = verdicts(resources, options);
  const advice = violations.filter(({ level }) => level === "advisory");
  if (advice.length > 0) await pulumi.log.warn(describeViolations(advice));
  const refused = violations.filter(({ level }) => level === "mandatory");
  if (refused.length > 0)
    throw new pulumi.RunError(
      `the policies refuse the stack ${lab.stack}, and no resource was created or changed:\n\n${describeViolations(refused)}`,
    );
  const monitor = settings.getMonitor();
  if (monitor !== undefined) guardRegistrations(monitor as unknown as Registrar, options);
  return [...new Set(advice.map(({ policy }) => policy))];
}
