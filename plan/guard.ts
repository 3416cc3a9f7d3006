import pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { asRunError, type SecretOutputs, secretOutputs } from "../components/engineConfiguration.ts";
import type { Lab } from "../config/lab.ts";
import { exemptionsOf } from "../policy/exemptions.ts";
import { labGuard } from "../policy/guardOptions.ts";
import { placeholderSecrets } from "./placeholders.ts";
import { isRecording, recordProgram } from "./record.ts";
import { guardRegistrations, type Registrar } from "./registrations.ts";
import { formatViolations, verdicts } from "./verdicts.ts";

/**
 * Judges the program by the policies before its first resource is registered, as `npm run plan` does: on the mock
 * runtime, with placeholders for secrets. A bare `pulumi up` would run no policy, since the engine runs only the packs
 * that its command line names (docs/decisions/0015-policies-before-registration.md). Inputs that only the engine knows are
 * checked at each registration that follows.
 *
 * @returns the policies whose advisory violations were printed
 * @throws pulumi.RunError with every mandatory violation
 */
export async function guard(lab: Lab, build: (secrets: SecretOutputs) => unknown): Promise<string[]> {
  // `npm run plan` judges the resources that it records.
  if (isRecording()) return [];
  const options = labGuard(exemptionsOf(lab.config));
  const resources = await recordProgram({ stack: lab.stack, config: {}, secretKeys: [] }, async () => {
    asRunError(() => build(secretOutputs(placeholderSecrets(lab))));
  });
  const { violations } = verdicts(resources, options);
  const advisory = violations.filter(({ level }) => level === "advisory");
  if (advisory.length > 0) await pulumi.log.warn(formatViolations(advisory));
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  if (mandatory.length > 0)
    throw new pulumi.RunError(
      `the policies reject the stack ${lab.stack}, and no resource was created or changed:\n\n${formatViolations(mandatory)}`,
    );
  const monitor = settings.getMonitor();
  if (monitor !== undefined) guardRegistrations(monitor as unknown as Registrar, options);
  return [...new Set(advisory.map(({ policy }) => policy))];
}
