import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import { commonName } from "../../config/names.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts, type NetworkRule } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import {
  authoritySecret,
  certManagerNamespace,
  certManagerValues,
  issuerName,
  issuerSpec,
  solverSecret,
} from "./issuer.ts";

/** One year in hours, the unit of @pulumi/tls. */
const year = 8766;

/** Everything that the certificates take from the configuration, as plain data. */
export interface CertificatesPlan {
  readonly issuer: "selfSigned" | "acme";
  /** Common name of the lab's own certificate authority, used by `selfSigned`. */
  readonly authorityName: string;
  /** Whether the key and the certificate of the authority are protected from deletion. */
  readonly protect: boolean;
  readonly certManagerValues: Readonly<Record<string, unknown>>;
  /** Specification of the ClusterIssuer. */
  readonly issuerSpec: Readonly<Record<string, unknown>>;
}

export function certificatesPlan(lab: Lab): CertificatesPlan {
  return {
    issuer: lab.config.certificates.issuer,
    authorityName: commonName(`${lab.config.domain} authority`),
    protect: lab.isProtected,
    certManagerValues: certManagerValues(lab),
    issuerSpec: issuerSpec(lab),
  };
}

export interface CertificatesArgs {
  /** `certificatesPlan` of the lab. */
  readonly plan: CertificatesPlan;
  readonly provider: kubernetes.Provider;
  /** Secret: the API token or TSIG key of the DNS solver. Used by the issuer `acme` only. */
  readonly dnsToken: pulumi.Output<string>;
}

/** cert-manager with the only ClusterIssuer of the lab. */
export class Certificates extends pulumi.ComponentResource {
  /** The ClusterIssuer is Ready: it has an ACME account, or the key of its authority. */
  readonly ready: pulumi.Resource;
  /** The certificate of the lab's own authority in PEM, for devices to trust. Undefined where ACME signs. */
  readonly authority: pulumi.Output<string> | undefined;

  constructor(name: string, args: CertificatesArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, provider } = args;
    super("lab:network:Certificates", name, { issuer: plan.issuer }, opts);
    const childOptions = { provider, parent: this };
    const namespace = new Namespace(
      certManagerNamespace,
      {
        provider,
        quota: { cpu: "1", memory: "2Gi", pods: 10 },
        podSecurity: { profile: "restricted" },
        networkRules: networkRules(plan.issuer),
      },
      { parent: this, ...(opts.dependsOn && { dependsOn: opts.dependsOn }) },
    );
    const certManager = release(
      `${name}-cert-manager`,
      {
        releaseName: "cert-manager",
        chart: charts.certManager,
        namespace: namespace.namespace,
        values: plan.certManagerValues,
        timeoutSeconds: 600,
      },
      { ...childOptions, dependsOn: [namespace.ready], aliases: [{ name: "cert-manager" }] },
    );
    const authority = plan.issuer === "selfSigned" ? this.#authority(`${name}-authority`, plan) : undefined;
    this.authority = authority?.certificate;
    const secret = new kubernetes.core.v1.Secret(
      authority === undefined ? `${name}-dns-solver` : `${name}-authority`,
      authority === undefined
        ? {
            metadata: { name: solverSecret.name, namespace: namespace.namespace },
            stringData: { [solverSecret.key]: args.dnsToken },
          }
        : {
            metadata: { name: authoritySecret, namespace: namespace.namespace },
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": authority.certificate, "tls.key": authority.key },
          },
      {
        ...childOptions,
        dependsOn: [namespace.ready],
        aliases: [{ name: authority === undefined ? solverSecret.name : authoritySecret }],
      },
    );
    this.ready = customResource(
      `${name}-issuer`,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name: issuerName },
        spec: plan.issuerSpec,
      },
      // The release is complete only after the chart's own check has reached the webhook.
      { ...childOptions, dependsOn: [certManager, secret], aliases: [{ name: issuerName }] },
      { condition: "Ready", minutes: 5 },
    );
    this.registerOutputs({});
  }

  /** A certificate authority in the state, not in the cluster: after a rebuild every device trusts the lab as before. */
  #authority(name: string, { authorityName, protect }: CertificatesPlan) {
    const opts = { parent: this, protect, aliases: [{ name: "authority" }] };
    const key = new tls.PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, opts);
    const certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: authorityName },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: 10 * year,
        earlyRenewalHours: year,
      },
      opts,
    );
    return { certificate: certificate.certPem, key: key.privateKeyPem };
  }
}

function networkRules(issuer: CertificatesPlan["issuer"]): NetworkRule[] {
  const api: NetworkRule[] = [
    { name: "api", direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
    {
      name: "webhook",
      pods: { "app.kubernetes.io/component": "webhook" },
      direction: "ingress",
      peer: kubernetesApi,
      ports: [10250],
    },
  ];
  if (issuer === "selfSigned") return api;
  return [
    ...api,
    // The ACME directory, the API of the DNS service, and the name servers that must return the challenge's record.
    {
      name: "acme",
      pods: { "app.kubernetes.io/component": "controller" },
      direction: "egress",
      peer: { entities: ["world"] },
      ports: [443, 53],
    },
  ];
}
