import { generateKeyPairSync, randomBytes } from "node:crypto";
import sshpk from "sshpk";
import { unknownFields } from "./sdkFields.ts";
import type { StandIn, StandInResource } from "./standIn.ts";

/** Stands in for the tls provider with real keys and certificates. */
export const tlsStandIn: StandIn = {
  name: "tls",
  version: "5.6.1",
  resource: (type) => {
    if (type === "tls:index/privateKey:PrivateKey") return privateKey;
    return type === "tls:index/selfSignedCert:SelfSignedCert" ? selfSignedCert : undefined;
  },
};

const privateKey: StandInResource = {
  check: (inputs) => [
    ...unknownFields("@pulumi/tls", "privateKey", "PrivateKeyArgs", inputs),
    ...(inputs.algorithm === "ED25519" ||
    (inputs.algorithm === "ECDSA" && inputs.ecdsaCurve === "P256") ||
    (inputs.algorithm === "RSA" && inputs.rsaBits >= 2048)
      ? []
      : [
          {
            property: "algorithm",
            reason: `the rehearsal makes ED25519, P256 and RSA keys, not ${inputs.algorithm} ${inputs.ecdsaCurve ?? ""}`,
          },
        ]),
  ],
  replacedBy: ["algorithm", "ecdsaCurve", "rsaBits"],
  computed: [
    "privateKeyOpenssh",
    "privateKeyPem",
    "publicKeyOpenssh",
    "publicKeyPem",
    "publicKeyFingerprintSha256",
  ],
  create: async (inputs) => {
    const key = generate(inputs.algorithm, inputs.rsaBits);
    const open = key.toPublic();
    const fingerprint = open.fingerprint("sha256").toString();
    return {
      id: fingerprint,
      outputs: {
        ...inputs,
        privateKeyOpenssh: key.toString("ssh-private"),
        privateKeyPem: key.toString("pkcs8"),
        publicKeyOpenssh: `${open.toString("ssh").split(" ").slice(0, 2).join(" ")}\n`,
        publicKeyPem: open.toString("pkcs8"),
        publicKeyFingerprintSha256: fingerprint,
      },
    };
  },
};

function generate(algorithm: string, rsaBits: number): sshpk.PrivateKey {
  if (algorithm === "ED25519") return sshpk.generatePrivateKey("ed25519");
  if (algorithm === "ECDSA") return sshpk.generatePrivateKey("ecdsa", { curve: "nistp256" });
  // The library makes no RSA keys of its own.
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: rsaBits });
  return sshpk.parsePrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }), "pem");
}

const selfSignedCert: StandInResource = {
  check: (inputs) => unknownFields("@pulumi/tls", "selfSignedCert", "SelfSignedCertArgs", inputs),
  replacedBy: ["privateKeyPem", "subject", "validityPeriodHours", "allowedUses", "isCaCertificate"],
  computed: ["certPem", "validityStartTime", "validityEndTime", "readyForRenewal"],
  create: async (inputs) => {
    const key = sshpk.parsePrivateKey(inputs.privateKeyPem, "pem");
    const certificate = sshpk.createSelfSignedCertificate(
      sshpk.identityFromDN(`CN=${inputs.subject.commonName}`),
      key,
      { lifetime: inputs.validityPeriodHours * 3600, purposes: inputs.isCaCertificate ? ["ca"] : [] },
    );
    return {
      id: certificate.serial.toString("hex"),
      outputs: { ...inputs, certPem: certificate.toString("pem"), readyForRenewal: false },
    };
  },
};

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Stands in for the random provider with real randomness. */
export const randomStandIn: StandIn = {
  name: "random",
  version: "4.21.2",
  resource: (type) => {
    if (type === "random:index/randomPassword:RandomPassword") return randomPassword;
    return type === "random:index/randomBytes:RandomBytes" ? randomBytesResource : undefined;
  },
};

const randomPassword: StandInResource = {
  check: (inputs) => unknownFields("@pulumi/random", "randomPassword", "RandomPasswordArgs", inputs),
  replacedBy: ["length", "special", "keepers"],
  computed: ["result", "bcryptHash"],
  create: async (inputs) => {
    // Bytes beyond the largest multiple of the alphabet are dropped, so that every letter is as likely.
    const result: string[] = [];
    while (result.length < inputs.length)
      for (const byte of randomBytes(inputs.length))
        if (byte < 248 && result.length < inputs.length) result.push(letters[byte % 62] ?? "");
    return { id: "none", outputs: { ...inputs, result: result.join(""), bcryptHash: "" } };
  },
};

const randomBytesResource: StandInResource = {
  check: (inputs) => unknownFields("@pulumi/random", "randomBytes", "RandomBytesArgs", inputs),
  replacedBy: ["length", "keepers"],
  computed: ["base64", "hex"],
  create: async (inputs) => {
    const bytes = randomBytes(inputs.length);
    return {
      id: "none",
      outputs: { ...inputs, base64: bytes.toString("base64"), hex: bytes.toString("hex") },
    };
  },
};
