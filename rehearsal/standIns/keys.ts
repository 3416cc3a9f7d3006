import { randomBytes } from "node:crypto";
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
    ...(inputs.algorithm === "ED25519" || (inputs.algorithm === "ECDSA" && inputs.ecdsaCurve === "P256")
      ? []
      : [
          {
            property: "algorithm",
            reason: `the rehearsal makes ED25519 and P256 keys, not ${inputs.algorithm} ${inputs.ecdsaCurve ?? ""}`,
          },
        ]),
  ],
  replacedBy: ["algorithm", "ecdsaCurve"],
  computed: [
    "privateKeyOpenssh",
    "privateKeyPem",
    "publicKeyOpenssh",
    "publicKeyPem",
    "publicKeyFingerprintSha256",
  ],
  create: async (inputs) => {
    const key =
      inputs.algorithm === "ED25519"
        ? sshpk.generatePrivateKey("ed25519")
        : sshpk.generatePrivateKey("ecdsa", { curve: "nistp256" });
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
  resource: (type) =>
    type === "random:index/randomPassword:RandomPassword"
      ? {
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
        }
      : undefined,
};
