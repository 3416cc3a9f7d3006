import pulumi from "@pulumi/pulumi";
import type { LoginService } from "../../catalog/services.ts";
import { runningServices } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { Gateway } from "../network/gateway.ts";
import type { Network } from "../network/network.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import { longhornClass } from "../storage/storageClasses.ts";
import { validateApplications } from "./application.ts";
import { type AuthenticatedService, authenticatedServices, isProtected } from "./applications.ts";
import { Authentik } from "./authentik.ts";
import { serverPods } from "./authentikValues.ts";
import { groupsOf, type IdentitySettings, rotationOf } from "./identitySettings.ts";
import { loginGateNetworkRules } from "./loginGate.ts";
import { loginNamespace, proxyPods } from "./oauth2Proxy.ts";
import { authentikNamespace, authentikService } from "./oidc.ts";
import { OidcClient } from "./oidcClient.ts";
import { ProtectedRoute } from "./protectedRoute.ts";

/** Everything that the login takes from the configuration, as plain data. */
export interface IdentityPlan {
  /** The section `lab:identity`. */
  readonly settings: IdentitySettings;
  /** Whether passwords and keys are protected from deletion. */
  readonly protect: boolean;
  /** The Gateway's address, to which the login gate connects. */
  readonly ingressAddress: string;
  /** Number of services of later layers behind a proxy. It is part of the quota of the namespace `login`. */
  readonly laterProxies: number;
}

export function identityPlan({ config, isProtected: protect }: Lab): IdentityPlan {
  const itilServices = runningServices(config).filter(({ web }) => web).length;
  return {
    settings: config.identity,
    protect,
    ingressAddress: config.cluster.ingressAddress,
    laterProxies: itilServices + Object.keys(config.mcp?.servers ?? {}).length,
  };
}

export interface IdentityArgs {
  /** `identityPlan` of the lab. */
  readonly plan: IdentityPlan;
  readonly cluster: Pick<Cluster, "provider">;
  readonly network: Pick<Network, "gateway">;
  readonly storage: Pick<Storage, "ready">;
  /** The operator of Authentik's database. */
  readonly postgres: PostgresOperator;
}

/** One login for every service: Authentik, and the proxies in front of the services of the base system. */
export class Identity extends pulumi.ComponentResource {
  readonly authentik: Authentik;
  /** The namespace of the proxies, for services of later layers too. */
  readonly login: Namespace;
  /** Every service of the base system that needs a login, whichever layer creates it. */
  readonly services: readonly AuthenticatedService[];
  /** The routes to Authentik, Longhorn and Hubble. A later layer adds its own with `protect`. */
  readonly ready: readonly pulumi.Resource[];
  readonly #settings: IdentitySettings;
  readonly #gateway: Gateway;

  constructor(name: string, args: IdentityArgs, opts: pulumi.ComponentResourceOptions) {
    const { plan, storage } = args;
    const { settings, protect, ingressAddress } = plan;
    const { gateway } = args.network;
    const services = authenticatedServices(settings);
    validateApplications(gateway.domain, groupsOf(settings), services);
    super("lab:identity:Identity", name, { services: services.map((service) => service.name) }, opts);
    const { provider } = args.cluster;
    this.services = services;
    this.#settings = settings;
    this.#gateway = gateway;

    this.authentik = new Authentik(
      `${name}-authentik`,
      {
        provider,
        gateway,
        settings,
        protect,
        // The class that uses every disk. Every lab has it.
        storageClass: longhornClass,
        operator: args.postgres,
        after: [storage.ready],
      },
      { parent: this, aliases: [{ name: "authentik" }] },
    );
    // Two pods for each proxy and a third during an update. The gates need the quota of two proxies.
    const pods = 3 * (services.filter(isProtected).length + plan.laterProxies + 2);
    this.login = new Namespace(
      loginNamespace,
      {
        provider,
        quota: { cpu: `${10 * pods}m`, memory: `${32 * pods}Mi`, pods },
        podSecurity: { profile: "restricted" },
        networkRules: [
          {
            name: "authentik",
            pods: proxyPods,
            direction: "egress",
            peer: { namespace: authentikNamespace, pods: serverPods },
            ports: [authentikService.podPort],
          },
          ...loginGateNetworkRules(gateway.class, ingressAddress),
        ],
        routable: true,
      },
      { parent: this, dependsOn: [gateway.ready] },
    );
    const routes = (["longhorn", "hubble"] as const).map((service) =>
      this.protect(`${name}-${service}`, service, [storage.ready], { parent: this }),
    );
    this.ready = [this.authentik.route.ready, ...routes.map(({ ready }) => ready)];
    this.registerOutputs({ url: this.authentik.url });
  }

  /** Puts a service behind its proxy. `after`: what must exist before the proxy can connect to the service. */
  protect(
    name: string,
    serviceName: LoginService,
    after: readonly pulumi.Resource[],
    opts: pulumi.ComponentResourceOptions,
  ): ProtectedRoute {
    const service = this.service(serviceName);
    if (!isProtected(service))
      throw new Error(`${serviceName} implements OpenID Connect itself: use register() and a Route`);
    return new ProtectedRoute(
      name,
      {
        service,
        rotation: rotationOf(this.#settings, serviceName),
        gateway: this.#gateway,
        provider: this.authentik,
        login: this.login,
        after,
      },
      pulumi.mergeOptions(opts, { aliases: [{ name: serviceName }] }),
    );
  }

  /** Registers a service that implements OpenID Connect itself, and allows its pods to request tokens. */
  register(
    name: string,
    serviceName: LoginService,
    namespace: Namespace,
    opts: pulumi.ComponentResourceOptions,
  ): OidcClient {
    const application = this.service(serviceName);
    return new OidcClient(
      name,
      {
        provider: this.authentik,
        application,
        rotation: rotationOf(this.#settings, serviceName),
        pods: { namespace, labels: application.upstream.pods },
      },
      pulumi.mergeOptions(opts, { aliases: [{ name: serviceName }] }),
    );
  }

  /** The declaration of a service of the base system, with the lab's settings. */
  service(name: LoginService): AuthenticatedService {
    const service = this.services.find((each) => each.name === name);
    if (service === undefined)
      throw new Error(`${name} is in catalog/services.ts and has no declaration in applications.ts`);
    return service;
  }
}
