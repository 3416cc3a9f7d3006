import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import { commonName } from "../../config/names.ts";
import { generatedPassword } from "../generatedPassword.ts";

/** Hours of a year: the tls provider counts validity in hours. */
const yearHours = 8766;

/** The arguments of {@link RegistryAccess}. */
export interface RegistryAccessArgs {
  /** DNS name of the registry, for its certificate. */
  readonly host: string;
  /** LoadBalancer address of the registry, for its certificate. */
  readonly address: string;
  /** Whether Pulumi protects password, key and certificate from deletion. */
  readonly protect: boolean;
}

/**
 * The credentials that nodes and registry share: a login and a self-signed certificate. Both are stored in the state and
 * not in the cluster, so that nodes are configured before the registry exists, and a recreated registry has the same.
 */
export class RegistryAccess extends pulumi.ComponentResource {
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** Secret: the bcrypt hash of the password, for the registry's htpasswd file. */
  readonly passwordHash: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
  /** Secret. */
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: RegistryAccessArgs, opts: pulumi.ComponentResourceOptions) {
    super("lab:registry:RegistryAccess", name, { address: args.address }, opts);
    const own = { parent: this, protect: args.protect };
    const password = generatedPassword(`${name}-password`, 40, own);
    const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, own);
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName(args.host) },
        dnsNames: [args.host],
        // Nodes connect to their loopback address; clients outside of the cluster connect to the LoadBalancer address.
        ipAddresses: ["127.0.0.1", args.address],
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: 10 * yearHours,
        earlyRenewalHours: yearHours,
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
