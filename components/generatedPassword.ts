import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";

/** Its type in a state. */
export const generatedPasswordType = "random:index/randomPassword:RandomPassword";

/**
 * A password of letters and digits, made once and kept in the state alone.
 *
 * One that was imported stays what it is, of whatever form (docs/runbooks/state-lost.md): the provider takes it for one with
 * special characters, and would make another in its place.
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
