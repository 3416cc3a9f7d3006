import type kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import type { Opening } from "../kubernetes/opening.ts";
import type { Network } from "../network/network.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import { applicationProblems } from "./application.ts";
import { protectedServices } from "./applications.ts";
import { Authentik } from "./authentik.ts";
import { serverPods } from "./authentikValues.ts";
import { loginGate, loginGateOpenings } from "./loginGate.ts";
import { loginNamespace, proxyPods } from "./oauth2Proxy.ts";
import { authentikNamespace, authentikService } from "./oidc.ts";
import { ProtectedRoute } from "./protectedRoute.ts";
import { groupsOf, type IdentitySettings, rotationOf } from "./settings.ts";

/** One login for everything: Authentik, and what stands behind it from the first day. */
export class Identity extends pulumi.ComponentResource {
  readonly authentik: Authentik;
  /** Where the proxies live, of later services too. */
  readonly login: Namespace;
  /** The services that need a login, by name. */
  readonly routes: ReadonlyMap<string, ProtectedRoute>;
  /** A stranger was sent to the login by each of them, and Authentik names the issuers that they expect. */
  readonly checked: pulumi.Resource;

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
    const services = protectedServices(settings);
    const problems = applicationProblems(gateway.domain, groupsOf(settings), services);
    if (problems.length > 0)
      throw new Error(`the services behind the login are refused:\n${problems.join("\n")}`);
    super("lab:identity:Identity", name, { services: services.map((service) => service.name) }, opts);
    const { provider } = args.cluster;

    this.authentik = new Authentik(
      "authentik",
      {
        provider,
        gateway,
        settings,
        protect: args.lab.isProtected,
        // The class on every disk: it stands in every lab.
        storageClass: "longhorn",
        operator: args.postgres,
        after: [storage.canary],
      },
      { parent: this },
    );
    this.login = proxies(
      provider,
      services.length,
      loginGateOpenings(gateway.class, args.lab.config.cluster.ingressAddress),
      { parent: this, dependsOn: [gateway.programmed] },
    );
    this.routes = new Map(
      services.map((service) => [
        service.name,
        new ProtectedRoute(
          service.name,
          {
            service,
            rotation: rotationOf(settings, service.name),
            gateway,
            provider: this.authentik,
            login: this.login,
            after: [storage.canary],
          },
          { parent: this },
        ),
      ]),
    );
    this.checked = loginGate(
      { provider, domain: gateway.domain, namespace: this.login, applications: services },
      {
        parent: this,
        dependsOn: [this.authentik.route, ...[...this.routes.values()].map(({ ready }) => ready)],
      },
    );
    this.registerOutputs({ url: this.authentik.url });
  }
}

/** Room for two pods a service, and a third while they are replaced; later services included. */
function proxies(
  provider: kubernetes.Provider,
  services: number,
  gate: readonly Opening[],
  opts: pulumi.ComponentResourceOptions,
): Namespace {
  const pods = 3 * (services + 10);
  return new Namespace(
    loginNamespace,
    {
      provider,
      quota: { cpu: `${10 * pods}m`, memory: `${32 * pods}Mi`, pods },
      podSecurity: { profile: "restricted" },
      openings: [
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
