import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import sshpk from "sshpk";
import { isWithin, replacing, shallowDifferences } from "./differences.ts";
import {
  type CheckFailure,
  type FakeProvider,
  type FakeResource,
  type Properties,
  unknown,
} from "./fakeProvider.ts";
import { unknownFields } from "./sdkFields.ts";

/** Fake tls provider with real keys and certificates. */
export const tlsFakeProvider: FakeProvider = {
  name: "tls",
  version: "5.6.1",
  resource: (type) => {
    if (type === "tls:index/privateKey:PrivateKey") return privateKey;
    return type === "tls:index/selfSignedCert:SelfSignedCert" ? selfSignedCert : undefined;
  },
};

const keyDefaults = ({ ecdsaCurve = "P224", rsaBits = 2048 }: Properties) => ({ ecdsaCurve, rsaBits });

const madeOfKey = [
  "id",
  "privateKeyOpenssh",
  "privateKeyPem",
  "privateKeyPemPkcs8",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
  "publicKeyOpenssh",
  "publicKeyPem",
];

const privateKey: FakeResource = {
  check: (inputs) => [
    ...unknownFields("@pulumi/tls", "privateKey", "PrivateKeyArgs", inputs),
    ...noneOf("algorithm", inputs.algorithm, ["RSA", "ECDSA", "ED25519"]),
    // The provider supports more algorithms; the program uses no other, and the fake provider implements no other.
    ...(inputs.algorithm === "ECDSA" ? noneOf("ecdsaCurve", inputs.ecdsaCurve, ["P256", "P384"]) : []),
  ],
  diff: ({ inputs }, news) => {
    const given = replacing(shallowDifferences(inputs, news), () => true);
    const made = Object.keys(given).length > 0 ? madeOfKey : [];
    return { differences: { ...Object.fromEntries(made.map((key) => [key, "update" as const])), ...given } };
  },
  computed: madeOfKey,
  planned: keyDefaults,
  create: async (inputs) => {
    const key = generate({ ...inputs, ...keyDefaults(inputs) });
    const pkcs8 = pem(key, "pkcs8");
    const parsed = sshpk.parsePrivateKey(pkcs8, "pem");
    const open = parsed.toPublic();
    const id = randomBytes(20).toString("hex");
    return {
      id,
      outputs: {
        ...inputs,
        ...keyDefaults(inputs),
        id,
        privateKeyOpenssh: lineEnded(parsed.toString("ssh-private")),
        // The algorithm's own form, where it has one.
        privateKeyPem:
          { RSA: pem(key, "pkcs1"), ECDSA: pem(key, "sec1") }[inputs.algorithm as string] ?? pkcs8,
        privateKeyPemPkcs8: pkcs8,
        publicKeyFingerprintMd5: open.fingerprint("md5").toString("hex").replace(/^MD5:/, ""),
        publicKeyFingerprintSha256: open.fingerprint("sha256").toString(),
        publicKeyOpenssh: `${open.toString("ssh").split(" ").slice(0, 2).join(" ")}\n`,
        publicKeyPem: lineEnded(open.toString("pkcs8")),
      },
    };
  },
};

function generate({ algorithm, ecdsaCurve, rsaBits }: Properties): KeyObject {
  if (algorithm === "ED25519") return generateKeyPairSync("ed25519").privateKey;
  if (algorithm === "RSA") return generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
  return generateKeyPairSync("ec", { namedCurve: String(ecdsaCurve).replace("P", "P-") }).privateKey;
}

/** Undefined where a key of this algorithm has no such form. */
function pem(key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1"): string {
  const forms = { rsa: ["pkcs1", "pkcs8"], ec: ["sec1", "pkcs8"], ed25519: ["pkcs8"] } as Record<
    string,
    string[]
  >;
  if (!forms[key.asymmetricKeyType ?? ""]?.includes(type)) return "";
  return lineEnded(key.export({ type, format: "pem" }) as string);
}

const lineEnded = (text: string) => `${text.trimEnd()}\n`;

/** The uses that the provider accepts, in its own order. */
const uses = [
  "any_extended",
  "cert_signing",
  "client_auth",
  "code_signing",
  "content_commitment",
  "crl_signing",
  "data_encipherment",
  "decipher_only",
  "digital_signature",
  "email_protection",
  "encipher_only",
  "ipsec_end_system",
  "ipsec_tunnel",
  "ipsec_user",
  "key_agreement",
  "key_encipherment",
  "microsoft_commercial_code_signing",
  "microsoft_kernel_code_signing",
  "microsoft_server_gated_crypto",
  "netscape_server_gated_crypto",
  "ocsp_signing",
  "server_auth",
  "timestamping",
];

const certificateDefaults = ({
  earlyRenewalHours = 0,
  isCaCertificate = false,
  validityPeriodHours,
}: Properties) => ({
  earlyRenewalHours,
  isCaCertificate,
  readyForRenewal: earlyRenewalHours >= validityPeriodHours,
  setAuthorityKeyId: false,
  setSubjectKeyId: false,
});

/** Inputs whose change replaces the certificate. `earlyRenewalHours` is only stored. */
const certificateReplacedBy = [
  "allowedUses",
  "dnsNames",
  "ipAddresses",
  "isCaCertificate",
  "privateKeyPem",
  "subject",
  "validityPeriodHours",
];

const selfSignedCert: FakeResource = {
  check: (inputs) => [
    ...unknownFields("@pulumi/tls", "selfSignedCert", "SelfSignedCertArgs", inputs),
    ...((inputs.allowedUses ?? []) as string[]).flatMap((use, index) =>
      noneOf(`allowed_uses[${index}]`, use, uses, `allowedUses[${index}]`),
    ),
  ],
  diff: ({ inputs, outputs }, news) => ({
    differences: {
      ...replacing(shallowDifferences(inputs, news), (path) => isWithin(path, ...certificateReplacedBy)),
      ...(outputs.readyForRenewal === true && { readyForRenewal: "update-replace" as const }),
    },
  }),
  computed: ["certPem", "id", "keyAlgorithm", "maxPathLength", "validityEndTime", "validityStartTime"],
  planned: certificateDefaults,
  create: async (inputs) => {
    let key: sshpk.PrivateKey;
    try {
      createPrivateKey(inputs.privateKeyPem);
      key = sshpk.parsePrivateKey(inputs.privateKeyPem, "pem");
    } catch {
      throw new Error(
        `Failed to parse private key PEM: failed to decode PEM block: decoded bytes 0, undecoded ${inputs.privateKeyPem.length}`,
      );
    }
    const certificate = sshpk.createSelfSignedCertificate(
      sshpk.identityFromDN(`CN=${inputs.subject.commonName}`),
      key,
      {
        lifetime: inputs.validityPeriodHours * 3600,
        purposes: inputs.isCaCertificate ? ["ca"] : [],
        serial: randomBytes(16),
      },
    );
    const id = BigInt(`0x${certificate.serial.toString("hex")}`).toString();
    const [from, until] = [certificate.validFrom, certificate.validUntil];
    return {
      id,
      outputs: {
        ...inputs,
        ...certificateDefaults(inputs),
        id,
        certPem: lineEnded(certificate.toString("pem")),
        keyAlgorithm: { rsa: "RSA", ecdsa: "ECDSA", ed25519: "ED25519" }[key.type as string],
        validityStartTime: from.toISOString(),
        validityEndTime: until.toISOString(),
      },
    };
  },
  update: async (_id, inputs, olds) => ({ ...olds, ...inputs }),
};

/** Rejects a value outside the list, in the provider's words; `property` is the field's name in the SDK. */
function noneOf(field: string, value: unknown, allowed: readonly string[], property = field): CheckFailure[] {
  if (value === undefined || value === unknown || allowed.includes(String(value))) return [];
  const list = allowed.map((one) => JSON.stringify(one)).join(" ");
  return [
    {
      property: "",
      reason: `Invalid Attribute Value Match. Attribute ${field} value must be one of: [${list}], got: ${JSON.stringify(value)}. Examine values at 'subject.${property}'.`,
    },
  ];
}
