import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { charts } from "../../catalog/charts.ts";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { readySettings } from "../k3s/k3sSteps.ts";
import { customResource } from "../kubernetes/customResource.ts";
import { applyCrdsSettings } from "../kubernetes/customResourceDefinitions.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { release } from "../kubernetes/release.ts";
import { announcements, loadBalancerPool } from "./announcement.ts";
import { Certificates } from "./certificates.ts";
import { ciliumValues } from "./ciliumValues.ts";
import { coreDnsCustom, namesHash } from "./coreDns.ts";
import { Gateway } from "./gateway.ts";
import { gatewayApi } from "./gatewayApi.ts";
import { gatewayClassOf, traefikNamespace } from "./gatewayClass.ts";
import { gatewayEgress } from "./gatewayEgress.ts";
import { reachFromOutside, reachFromPod, reachLabels } from "./reach.ts";
import { traefikValues } from "./traefikValues.ts";

/**
 * The cluster's network: Cilium, addresses, names, one Gateway with its certificate, and the gates that fetch it. In
 * the order in which each can work: definitions, Cilium, Ready nodes, pool, Gateway.
 */
export class Network extends pulumi.ComponentResource {
  readonly gateway: Gateway;
  /** The lab's own authority in PEM, where it has one. */
  readonly authority: pulumi.Output<string> | undefined;
  /** cert-manager answers, and its issuer can sign: what asks for certificates depends on this. */
  readonly issuer: pulumi.Resource;
  /** Every node is Ready and pods reach each other: what runs in the cluster depends on this. */
  readonly ready: pulumi.Resource;
  /** The Gateway was fetched, from outside and from a pod. */
  readonly reached: readonly pulumi.Resource[];

  constructor(
    name: string,
    args: { readonly lab: Lab; readonly cluster: Cluster; readonly dnsToken: pulumi.Output<string> },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { lab, cluster } = args;
    const { provider, bootstrapServer } = cluster;
    super(
      "lab:network:Network",
      name,
      { ...lab.config.ingress, pool: lab.config.cluster.loadBalancerPool },
      opts,
    );
    const own = { provider, parent: this };

    const definitions = bootstrapServer.run(
      "gateway-api",
      { script: "apply-crds.sh", settings: applyCrdsSettings(gatewayApi), timeout: "10m" },
      // While the members are verified: nothing but the network itself may start before that.
      cluster.members,
      this,
    );
    const cilium = release(
      "cilium",
      { chart: charts.cilium, namespace: "kube-system", values: ciliumValues(lab), timeoutSeconds: 900 },
      // Its operator looks for the definitions once, when it starts.
      { ...own, dependsOn: [definitions] },
    );
    this.ready = bootstrapServer.run(
      "nodes-ready",
      { script: "verify-ready.sh", settings: readySettings(lab), timeout: "10m" },
      [cilium, cluster.ready],
      this,
    );
    const after = { ...own, dependsOn: [this.ready] };
    const pool = customResource("pool", loadBalancerPool(lab), after);
    const announced = announcements(lab).map((manifest) =>
      customResource(`announcement-${manifest.kind}`, manifest, after),
    );
    const dns = new kubernetes.core.v1.ConfigMap(
      "coredns-custom",
      { metadata: { name: "coredns-custom", namespace: "kube-system" }, data: coreDnsCustom(lab) },
      after,
    );

    // CoreDNS reads the upstreams when it starts, and the zone a minute after it changed: new pods know both at once.
    const answering = new kubernetes.apps.v1.DeploymentPatch(
      "coredns",
      {
        metadata: { name: "coredns", namespace: "kube-system" },
        spec: { template: { metadata: { annotations: { "lab.home/names": namesHash(lab) } } } },
      },
      { ...own, dependsOn: [dns], customTimeouts: { create: "5m", update: "5m" } },
    );

    const certificates = new Certificates(
      "certificates",
      { lab, provider, dnsToken: args.dnsToken },
      { parent: this, dependsOn: [this.ready] },
    );
    this.authority = certificates.authority;
    this.issuer = certificates.issuer;
    const gatewayClass = gatewayClassOf(lab);
    const namespace = new Namespace(
      "gateway",
      {
        provider,
        quota: { cpu: "500m", memory: "512Mi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: gatewayEgress(gatewayClass, lab.config.cluster.ingressAddress, reachLabels),
      },
      { parent: this, dependsOn: [this.ready] },
    );
    const proxy =
      lab.config.ingress.gatewayClass === "traefik" ? [this.#traefik(lab, provider, definitions)] : [];
    this.gateway = new Gateway(
      "gateway",
      {
        lab,
        provider,
        namespace,
        class: gatewayClass,
        issuer: certificates.issuer,
        servedBy: [pool, ...announced, ...proxy],
      },
      { parent: this },
    );
    const gates = { parent: this, dependsOn: [this.gateway.programmed, answering] };
    this.reached = [
      reachFromOutside(lab, this.authority, gates),
      reachFromPod(lab, { provider, namespace, authority: this.authority }, gates),
    ];
    this.registerOutputs({ address: lab.config.cluster.ingressAddress });
  }

  #traefik(lab: Lab, provider: kubernetes.Provider, definitions: pulumi.Resource): pulumi.Resource {
    const { ports } = gatewayClassOf(lab);
    const namespace = new Namespace(
      traefikNamespace,
      {
        provider,
        quota: { cpu: "1", memory: "1Gi", pods: 5 },
        podSecurity: { profile: "restricted" },
        networkRules: [
          { name: "api", direction: "to", peer: { api: true }, ports: [443, 6443, 6444] },
          { name: "visitors", direction: "from", peer: { world: true }, ports: Object.values(ports) },
          { name: "pods", direction: "from", peer: { cluster: true }, ports: Object.values(ports) },
          // Which ports, each route's own opening says at the other end.
          { name: "backends", direction: "to", peer: { cluster: true }, ports: [] },
        ],
      },
      { parent: this, dependsOn: [this.ready] },
    );
    return release(
      "traefik",
      {
        chart: charts.traefik,
        namespace: namespace.namespace,
        values: traefikValues(lab),
        timeoutSeconds: 600,
      },
      { provider, parent: this, dependsOn: [definitions, namespace.guarded] },
    );
  }
}
