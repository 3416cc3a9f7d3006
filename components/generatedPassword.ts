import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";

/**
 * A password of letters and digits, generated once and stored only in the state.
 *
 * `ignoreChanges` protects an imported password (docs/runbooks/state-lost.md): the provider assumes that an imported
 * password may contain special characters, and would replace it.
 */
export function generatedPassword(
  name: string,
  length: number,
  opts: pulumi.CustomResourceOptions,
): random.RandomPassword {
  return new random.RandomPassword(
    name,
    { length, special: false },
    pulumi.mergeOptions(opts, { ignoreChanges: ["length", "special"] }),
  );
}
