import { randomBytes } from "node:crypto";
import { passwordType } from "../../catalog/resourceTypes.ts";
import { replacing, shallowDifferences } from "./differences.ts";
import {
  type CheckFailure,
  type FakeDiff,
  type FakeProvider,
  type FakeResource,
  type FakeState,
  type Properties,
  unknown,
} from "./fakeProvider.ts";
import { unknownFields } from "./sdkFields.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const punctuation = "!@#$%&*()-_=+[]{}<>:?";

/** Fake random provider with real randomness. */
export const randomFakeProvider: FakeProvider = {
  name: "random",
  version: "4.21.2",
  resource: (type) => (type === passwordType ? randomPassword : undefined),
};

const randomPassword: FakeResource = {
  check: (inputs) => [
    ...unknownFields("@pulumi/random", "randomPassword", "RandomPasswordArgs", inputs),
    ...tooShort(inputs),
  ],
  diff: replacedByAny,
  computed: ["result", "bcryptHash", "id"],
  planned: defaults,
  create: async (inputs) => ({
    id: "none",
    outputs: {
      ...inputs,
      ...defaults(inputs),
      id: "none",
      result: draw(inputs.length, inputs.special === false ? letters : letters + punctuation),
      // A value in the form of a hash that hashes nothing: the program does not read it.
      bcryptHash: `$2a$10$${draw(53, letters)}`,
    },
  }),
};

/** Outputs that describe how the password was generated; the provider returns all of them. */
function defaults({ special = true }: Properties): Properties {
  return {
    lower: true,
    minLower: 0,
    minNumeric: 0,
    minSpecial: 0,
    minUpper: 0,
    number: true,
    numeric: true,
    special,
    upper: true,
  };
}

/** Characters of an alphabet with equal probability. */
function draw(length: number, alphabet: string): string {
  // Bytes above the largest multiple of the alphabet's size are dropped.
  const limit = 256 - (256 % alphabet.length);
  const result: string[] = [];
  while (result.length < length)
    for (const byte of randomBytes(length))
      if (byte < limit && result.length < length) result.push(alphabet[byte % alphabet.length] ?? "");
  return result.join("");
}

function replacedByAny({ inputs }: FakeState, news: Properties): FakeDiff {
  return { differences: replacing(shallowDifferences(inputs, news), () => true) };
}

function tooShort({ length }: Properties): CheckFailure[] {
  if (length === undefined || length === unknown || length >= 1) return [];
  return [
    {
      property: "",
      reason: `Invalid Attribute Value. Attribute length value must be at least 1, got: ${length}. Examine values at 'subject.length'.`,
    },
  ];
}
