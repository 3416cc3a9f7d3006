import type { Lifecycle, Scrub } from "./recording.ts";

const privateKey = "tls:index/privateKey:PrivateKey";
const selfSignedCert = "tls:index/selfSignedCert:SelfSignedCert";

/** Every form in which the program uses the tls provider, and the rejections that it relies on. */
export const tlsLifecycles = (key: string): readonly Lifecycle[] => [
  {
    name: "a host key",
    type: privateKey,
    inputs: { algorithm: "ED25519" },
    changes: { "another algorithm": { inputs: { algorithm: "RSA" } } },
  },
  {
    name: "a key of an authority",
    type: privateKey,
    inputs: { algorithm: "ECDSA", ecdsaCurve: "P256" },
    changes: { "another curve": { inputs: { ecdsaCurve: "P384" } } },
  },
  {
    name: "a key that signs tokens",
    type: privateKey,
    inputs: { algorithm: "RSA", rsaBits: 2048 },
    changes: { "another length": { inputs: { rsaBits: 4096 } } },
  },
  {
    name: "a key of an unknown algorithm",
    type: privateKey,
    inputs: { algorithm: "DSA" },
    only: "check",
  },
  { name: "a key without an algorithm", type: privateKey, inputs: {}, only: "check" },
  {
    name: "an authority",
    type: selfSignedCert,
    inputs: {
      allowedUses: ["cert_signing", "crl_signing"],
      earlyRenewalHours: 8766,
      isCaCertificate: true,
      privateKeyPem: key,
      subject: { commonName: "lab.example authority" },
      validityPeriodHours: 87_660,
    },
    changes: {
      "another name": { inputs: { subject: { commonName: "other.example authority" } } },
      "another term": { inputs: { validityPeriodHours: 100_000 } },
      "another use": { inputs: { allowedUses: ["cert_signing"] } },
      "another renewal": { inputs: { earlyRenewalHours: 100 } },
    },
  },
  {
    name: "a server's certificate",
    type: selfSignedCert,
    inputs: {
      allowedUses: ["digital_signature", "server_auth"],
      dnsNames: ["registry.lab.example"],
      earlyRenewalHours: 8766,
      ipAddresses: ["127.0.0.1", "192.0.2.7"],
      privateKeyPem: key,
      subject: { commonName: "registry.lab.example" },
      validityPeriodHours: 87_660,
    },
    changes: {
      "another DNS name": { inputs: { dnsNames: ["other.lab.example"] } },
      "another address": { inputs: { ipAddresses: ["127.0.0.1", "192.0.2.8"] } },
    },
  },
  {
    name: "a certificate that signs tokens",
    type: selfSignedCert,
    inputs: {
      allowedUses: ["digital_signature"],
      privateKeyPem: key,
      subject: { commonName: "lab" },
      validityPeriodHours: 175_320,
    },
  },
  {
    name: "a certificate in its renewal period",
    type: selfSignedCert,
    inputs: {
      allowedUses: ["digital_signature"],
      earlyRenewalHours: 24,
      privateKeyPem: key,
      subject: { commonName: "lab" },
      validityPeriodHours: 12,
    },
  },
  {
    name: "a certificate of an invalid key",
    type: selfSignedCert,
    inputs: {
      allowedUses: [],
      privateKeyPem: "none",
      subject: { commonName: "lab" },
      validityPeriodHours: 1,
    },
  },
  {
    name: "a certificate for an unknown use",
    type: selfSignedCert,
    inputs: {
      allowedUses: ["gardening"],
      privateKeyPem: key,
      subject: { commonName: "lab" },
      validityPeriodHours: 1,
    },
    only: "check",
  },
];

export const tlsScrub: Scrub = (value, path) => {
  if (typeof value !== "string") return value;
  const label = /^-----BEGIN ([A-Z ]+)-----\n[\s\S]+\n-----END \1-----(\n?)$/.exec(value);
  if (label !== null) return `<PEM of ${label[1]}${label[2] === "\n" ? ", with a line end" : ""}>`;
  if (/^(ssh-|ecdsa-)/.test(value))
    return `<${value.split(" ")[0]}, ${value.split(" ").length} words${value.endsWith("\n") ? ", with a line end" : ""}>`;
  if (/^SHA256:/.test(value)) return `<SHA256: and ${value.length - 7} characters of base64>`;
  if (/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/.test(value)) return "<MD5 of 16 bytes>";
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return "<time>";
  if (path.at(-1) === "id" && /^[0-9a-f]{40}$/.test(value)) return "<40 hexadecimal digits>";
  if (path.at(-1) === "id" && /^\d{30,}$/.test(value)) return "<decimal serial number>";
  return value;
};
