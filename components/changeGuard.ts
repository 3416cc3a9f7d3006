import pulumi from "@pulumi/pulumi";
import { type Diagnostic, formatDiagnostics } from "../config/diagnostic.ts";

/**
 * A resource hook that rejects changes, at preview and at `up`. It compares the inputs in the state with the new
 * inputs, which neither the configuration rules nor a policy can. Attach it as `beforeUpdate` (and as `beforeCreate`
 * where a replacement must be judged as well). `judge` gets undefined as the old inputs of a resource that is created.
 */
export function changeGuard<Inputs>(
  name: string,
  judge: (old: Inputs | undefined, now: Inputs) => readonly Diagnostic[],
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    name,
    ({ oldInputs, newInputs }) => {
      const refused = judge(oldInputs as Inputs | undefined, newInputs as Inputs);
      if (refused.length > 0) throw new Error(formatDiagnostics(refused));
    },
    { onDryRun: true },
  );
}
