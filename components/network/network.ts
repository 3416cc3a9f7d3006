import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { applyCrdsSettings } from "../kubernetes/customResourceDefinitions.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { kubernetesApi, kubernetesApiPorts } from "../kubernetes/networkRule.ts";
import { release } from "../kubernetes/release.ts";
import { Certificates } from "./certificates.ts";
import { Gateway } from "./gateway.ts";
import { gatewayApi } from "./gatewayApi.ts";
import { traefikNamespace } from "./gatewayClass.ts";
import { gatewayEgress } from "./gatewayEgress.ts";
import type { NetworkPlan } from "./networkPlan.ts";
import { reachFromOutside, reachFromPod, reachLabels } from "./reach.ts";

export interface NetworkArgs {
  /** `networkPlan` of the lab. */
  readonly plan: NetworkPlan;
  readonly cluster: Cluster;
  /** Secret: the API token or TSIG key of an ACME DNS solver. Empty for the issuer `selfSigned`. */
  readonly dnsToken: pulumi.Output<string>;
}

/**
 * The cluster's network: Cilium, load balancer addresses, DNS names, certificates, one Gateway, and the gates that fetch
 * it. Each part needs the one before it: Gateway API definitions, Cilium, Ready nodes, address pool, Gateway.
 */
export class Network extends pulumi.ComponentResource {
  readonly gateway: Gateway;
  readonly certificates: Certificates;
  /** Every node is Ready, so pods have a network. Everything that runs in the cluster depends on this. */
  readonly ready: pulumi.Resource;
  /** The gates that fetch the Gateway, from outside the cluster and from a pod. */
  readonly gatewayChecks: readonly pulumi.Resource[];

  constructor(name: string, args: NetworkArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, cluster } = args;
    const { provider, bootstrapServer } = cluster;
    super("lab:network:Network", name, { ...plan.ingress, pool: plan.pool }, opts);
    const childOptions = { provider, parent: this };

    const definitions = bootstrapServer.run(
      "gateway-api",
      { script: "apply-crds.sh", settings: applyCrdsSettings(gatewayApi), timeout: "10m" },
      // Runs at the same time as the check of the members; everything else waits for that check.
      cluster.members,
      this,
    );
    const cilium = release(
      `${name}-cilium`,
      {
        releaseName: "cilium",
        chart: charts.cilium,
        namespace: "kube-system",
        values: plan.ciliumValues,
        timeoutSeconds: 900,
      },
      // Cilium's operator looks for the Gateway API definitions once, when it starts.
      { ...childOptions, dependsOn: [definitions], aliases: [{ name: "cilium" }] },
    );
    this.ready = bootstrapServer.run(
      "nodes-ready",
      { script: "verify-ready.sh", settings: plan.readySettings, timeout: "10m" },
      [cilium, cluster.ready],
      this,
    );
    const afterReady = { ...childOptions, dependsOn: [this.ready] };
    const pool = customResource(`${name}-pool`, plan.poolManifest, {
      ...afterReady,
      aliases: [{ name: "pool" }],
    });
    const announcements = plan.announcements.map((manifest) =>
      customResource(`${name}-announcement-${manifest.kind}`, manifest, {
        ...afterReady,
        aliases: [{ name: `announcement-${manifest.kind}` }],
      }),
    );
    const zone = new kubernetes.core.v1.ConfigMap(
      `${name}-coredns-custom`,
      { metadata: { name: "coredns-custom", namespace: "kube-system" }, data: plan.coreDns.data },
      { ...afterReady, aliases: [{ name: "coredns-custom" }] },
    );
    // CoreDNS reads its upstreams at start only, and the zone within a minute of a change. New pods have both at once.
    const coreDns = new kubernetes.apps.v1.DeploymentPatch(
      `${name}-coredns`,
      {
        metadata: { name: "coredns", namespace: "kube-system" },
        spec: { template: { metadata: { annotations: { "lab.home/names": plan.coreDns.hash } } } },
      },
      {
        ...childOptions,
        dependsOn: [zone],
        customTimeouts: { create: "5m", update: "5m" },
        aliases: [{ name: "coredns" }],
      },
    );

    this.certificates = new Certificates(
      `${name}-certificates`,
      { plan: plan.certificates, provider, dnsToken: args.dnsToken },
      { parent: this, dependsOn: [this.ready], aliases: [{ name: "certificates" }] },
    );
    const namespace = new Namespace(
      "gateway",
      {
        provider,
        quota: { cpu: "500m", memory: "512Mi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: gatewayEgress(plan.gatewayClass, plan.ingressAddress, reachLabels),
      },
      { parent: this, dependsOn: [this.ready] },
    );
    const traefik =
      plan.traefikValues === undefined
        ? []
        : [this.#traefik(`${name}-traefik`, plan, plan.traefikValues, provider, definitions)];
    this.gateway = new Gateway(
      `${name}-gateway`,
      {
        provider,
        namespace,
        class: plan.gatewayClass,
        domain: plan.domain,
        address: plan.ingressAddress,
        issuer: this.certificates.ready,
        servedBy: [pool, ...announcements, ...traefik],
      },
      { parent: this, aliases: [{ name: "gateway" }] },
    );
    const { authority } = this.certificates;
    const gateOptions = { parent: this, dependsOn: [this.gateway.ready, coreDns] };
    this.gatewayChecks = [
      reachFromOutside(
        `${name}-reach-from-outside`,
        { plan: plan.gatewayChecks, authority },
        { ...gateOptions, aliases: [{ name: "reach-from-outside" }] },
      ),
      reachFromPod(
        `${name}-reach-from-pod`,
        { plan: plan.gatewayChecks, provider, namespace, authority },
        { ...gateOptions, aliases: [{ name: "reach-from-pod" }] },
      ),
    ];
    this.registerOutputs({ address: plan.ingressAddress });
  }

  #traefik(
    name: string,
    { gatewayClass }: NetworkPlan,
    values: Readonly<Record<string, unknown>>,
    provider: kubernetes.Provider,
    definitions: pulumi.Resource,
  ): pulumi.Resource {
    const ports = Object.values(gatewayClass.ports);
    const namespace = new Namespace(
      traefikNamespace,
      {
        provider,
        quota: { cpu: "1", memory: "1Gi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: [
          { name: "api", direction: "egress", peer: kubernetesApi, ports: kubernetesApiPorts },
          { name: "visitors", direction: "ingress", peer: { entities: ["world"] }, ports },
          { name: "pods", direction: "ingress", peer: { entities: ["cluster"] }, ports },
          // Every port: the ingress rule of each route's backend limits the port at the other end.
          { name: "backends", direction: "egress", peer: { entities: ["cluster"] }, ports: [] },
        ],
      },
      { parent: this, dependsOn: [this.ready] },
    );
    return release(
      name,
      {
        releaseName: "traefik",
        chart: charts.traefik,
        namespace: namespace.namespace,
        values,
        timeoutSeconds: 600,
      },
      {
        provider,
        parent: this,
        dependsOn: [definitions, namespace.ready],
        aliases: [{ name: "traefik" }],
      },
    );
  }
}
