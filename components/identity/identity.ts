import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { LoginService } from "../../catalog/services.ts";
import { runningServices } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { Gateway } from "../network/gateway.ts";
import type { Network } from "../network/network.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import { longhornClass } from "../storage/storageClasses.ts";
import { refuseApplications } from "./application.ts";
import { isProtected, type LoggedInService, loggedInServices } from "./applications.ts";
import { Authentik } from "./authentik.ts";
import { serverPods } from "./authentikValues.ts";
import { groupsOf, type IdentitySettings, rotationOf } from "./identitySettings.ts";
import { loginGateNetworkRules } from "./loginGate.ts";
import { loginNamespace, proxyPods } from "./oauth2Proxy.ts";
import { authentikNamespace, authentikService } from "./oidc.ts";
import { OidcClient } from "./oidcClient.ts";
import { ProtectedRoute } from "./protectedRoute.ts";

/** One login for everything: Authentik, and what stands behind it from the first day. */
export class Identity extends pulumi.ComponentResource {
  readonly authentik: Authentik;
  /** Where the proxies live, of later services too. */
  readonly login: Namespace;
  /** Every service of the base that needs a login, whichever layer makes it. */
  readonly services: readonly LoggedInService[];
  /** The routes to those of the layers below; what later layers make, they put behind the login themselves. */
  readonly routes: readonly ProtectedRoute[];
  readonly #settings: IdentitySettings;
  readonly #gateway: Gateway;

  constructor(
    name: string,
    args: {
      readonly lab: Lab;
      readonly settings: IdentitySettings;
      readonly cluster: Cluster;
      readonly network: Network;
      readonly storage: Storage;
      /** What keeps its database. */
      readonly postgres: PostgresOperator;
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { settings, network, storage } = args;
    const { gateway } = network;
    const services = loggedInServices(settings);
    refuseApplications(gateway.domain, groupsOf(settings), services);
    super("lab:identity:Identity", name, { services: services.map((service) => service.name) }, opts);
    const { provider } = args.cluster;
    this.services = services;
    this.#settings = settings;
    this.#gateway = gateway;

    this.authentik = new Authentik(
      "authentik",
      {
        provider,
        gateway,
        settings,
        protect: args.lab.isProtected,
        // The class on every disk: it stands in every lab.
        storageClass: longhornClass,
        operator: args.postgres,
        after: [storage.ready],
      },
      { parent: this },
    );
    this.login = proxies(
      provider,
      services.filter(isProtected).length + laterServices(args.lab.config),
      loginGateNetworkRules(gateway.class, args.lab.config.cluster.ingressAddress),
      { parent: this, dependsOn: [gateway.programmed] },
    );
    this.routes = (["longhorn", "hubble"] as const).map((service) =>
      this.protect(service, [storage.ready], { parent: this }),
    );
    this.registerOutputs({ url: this.authentik.url });
  }

  /** Puts a service behind its proxy. `after`: what has to be there before the service can be reached. */
  protect(
    name: LoginService,
    after: readonly pulumi.Resource[],
    opts: pulumi.ComponentResourceOptions,
  ): ProtectedRoute {
    const service = this.service(name);
    if (!isProtected(service)) throw new Error(`${name} logs people in itself, and takes no proxy`);
    return new ProtectedRoute(
      name,
      {
        service,
        rotation: rotationOf(this.#settings, name),
        gateway: this.#gateway,
        provider: this.authentik,
        login: this.login,
        after,
      },
      opts,
    );
  }

  /** Makes a service that logs people in by itself known to Authentik, and lets its pods fetch tokens there. */
  register(name: LoginService, namespace: Namespace, opts: pulumi.ComponentResourceOptions): OidcClient {
    const application = this.service(name);
    return new OidcClient(
      name,
      {
        provider: this.authentik,
        application,
        rotation: rotationOf(this.#settings, name),
        pods: { namespace, labels: application.upstream.pods },
      },
      opts,
    );
  }

  /** A service of the base as it is declared, and as the lab has it. */
  service(name: LoginService): LoggedInService {
    const service = this.services.find((each) => each.name === name);
    if (service === undefined)
      throw new Error(`${name} is not declared, though catalog/services.ts names it`);
    return service;
  }
}

/** How many services of later layers stand behind a proxy too. */
function laterServices(config: Lab["config"]): number {
  return (
    runningServices(config).filter(({ web }) => web).length + Object.keys(config.mcp?.servers ?? {}).length
  );
}

/** Room for two pods a service, and a third while they are replaced; and for the gates that visit them. */
function proxies(
  provider: kubernetes.Provider,
  services: number,
  gate: readonly NetworkRule[],
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const pods = 3 * (services + 2);
  return new Namespace(
    loginNamespace,
    {
      provider,
      quota: { cpu: `${10 * pods}m`, memory: `${32 * pods}Mi`, pods },
      podSecurity: { profile: "restricted" },
      networkRules: [
        {
          name: "authentik",
          pods: proxyPods,
          direction: "to",
          peer: { namespace: authentikNamespace, pods: serverPods },
          ports: [authentikService.podPort],
        },
        ...gate,
      ],
      routable: true,
    },
    opts,
  );
}
