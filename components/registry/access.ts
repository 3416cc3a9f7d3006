import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import type { Lab } from "../../config/lab.ts";
import { commonName } from "../../config/names.ts";
import { ownRegistryHost } from "../../config/registry.ts";
import { generatedPassword } from "../generatedPassword.ts";

/** In hours, as certificates are counted. */
const year = 8766;

/**
 * What nodes and registry know of each other: a login, and a certificate that is trusted as it is. Both are in the
 * state and not in the cluster, so that nodes are told before there is a registry, and go on knowing a new one.
 */
export class RegistryAccess extends pulumi.ComponentResource {
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** Secret: the password as the registry keeps it. */
  readonly passwordHash: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
  /** Secret. */
  readonly key: pulumi.Output<string>;

  constructor(
    name: string,
    args: { readonly lab: Lab; readonly address: string },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("lab:registry:RegistryAccess", name, { address: args.address }, opts);
    const own = { parent: this, protect: args.lab.isProtected };
    const password = generatedPassword(`${name}-password`, 40, own);
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, own);
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName(ownRegistryHost(args.lab)) },
        dnsNames: [ownRegistryHost(args.lab)],
        // A node reaches it on its own loopback address, and its owner on the pool's.
        ipAddresses: ["127.0.0.1", args.address],
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: 10 * year,
        earlyRenewalHours: year,
      },
      own,
    );
    this.password = pulumi.secret(password.result);
    this.passwordHash = pulumi.secret(password.bcryptHash);
    this.certificate = certificate.certPem;
    this.key = pulumi.secret(key.privateKeyPem);
    this.registerOutputs({});
  }
}
