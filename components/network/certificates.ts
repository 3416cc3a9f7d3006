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

/** In hours, as certificates are counted. */
const year = 8766;

/** cert-manager with the one issuer of the lab, ready to sign. */
export class Certificates extends pulumi.ComponentResource {
  /** The ClusterIssuer is Ready: it has an ACME account, or the key of its authority. */
  readonly ready: pulumi.Resource;
  /** The lab's own authority in PEM, for devices that are to trust it; undefined where a public one signs. */
  readonly authority: pulumi.Output<string> | undefined;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly provider: kubernetes.Provider;
      /** Secret; used by an issuer that proves the domain. */
      readonly dnsToken: pulumi.Output<string>;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, provider } = args;
    super("lab:network:Certificates", name, { issuer: lab.config.certificates.issuer }, opts);
    const own = { provider, parent: this };
    const namespace = new Namespace(
      certManagerNamespace,
      {
        provider,
        quota: { cpu: "1", memory: "2Gi", pods: 10 },
        podSecurity: { profile: "restricted" },
        networkRules: networkRules(lab),
      },
      { parent: this, ...(opts.dependsOn && { dependsOn: opts.dependsOn }) },
    );
    const manager = release(
      "cert-manager",
      {
        chart: charts.certManager,
        namespace: namespace.namespace,
        values: certManagerValues(lab),
        timeoutSeconds: 600,
      },
      { ...own, dependsOn: [namespace.ready] },
    );
    const secret =
      lab.config.certificates.issuer === "selfSigned"
        ? this.#authority(lab, namespace, own)
        : solver(namespace, args.dnsToken, own);
    this.authority = secret.authority;
    this.ready = customResource(
      issuerName,
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name: issuerName },
        spec: issuerSpec(lab),
      },
      // The chart's own check has seen its webhook answer by then.
      { ...own, dependsOn: [manager, secret.resource] },
      { condition: "Ready", minutes: 5 },
    );
    this.registerOutputs({});
  }

  /**
   * An authority that lives in the state and not in the cluster: what trusts the lab goes on trusting it after a
   * rebuild.
   */
  #authority(
    lab: Lab,
    namespace: Namespace,
    own: { provider: kubernetes.Provider; parent: pulumi.Resource },
  ) {
    const key = new tls.PrivateKey(
      "authority",
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this, protect: lab.isProtected },
    );
    const certificate = new tls.SelfSignedCert(
      "authority",
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: commonName(`${lab.config.domain} authority`) },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: 10 * year,
        earlyRenewalHours: year,
      },
      { parent: this, protect: lab.isProtected },
    );
    const resource = new kubernetes.core.v1.Secret(
      authoritySecret,
      {
        metadata: { name: authoritySecret, namespace: namespace.namespace },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate.certPem, "tls.key": key.privateKeyPem },
      },
      { ...own, dependsOn: [namespace.ready] },
    );
    return { resource, authority: certificate.certPem };
  }
}

function solver(
  namespace: Namespace,
  token: pulumi.Output<string>,
  own: { provider: kubernetes.Provider; parent: pulumi.Resource },
) {
  const resource = new kubernetes.core.v1.Secret(
    solverSecret.name,
    {
      metadata: { name: solverSecret.name, namespace: namespace.namespace },
      stringData: { [solverSecret.key]: token },
    },
    { ...own, dependsOn: [namespace.ready] },
  );
  return { resource, authority: undefined };
}

function networkRules(lab: Lab): NetworkRule[] {
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
  if (lab.config.certificates.issuer === "selfSigned") return api;
  // The directory, the DNS service's API, and the name servers that are asked whether the record is out.
  const controller = { "app.kubernetes.io/component": "controller" };
  return [
    ...api,
    { name: "acme", pods: controller, direction: "egress", peer: { entities: ["world"] }, ports: [443, 53] },
  ];
}
