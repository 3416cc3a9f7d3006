import pulumi from "@pulumi/pulumi";
import { type ItilNamespace, podsOf } from "../../catalog/itil.ts";
import { type RunningService, runningServices } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";
import type { DataServices } from "../data/database.ts";
import type { ProtectedService } from "../identity/applications.ts";
import type { Identity } from "../identity/identity.ts";
import { loginGate } from "../identity/loginGate.ts";
import { ProtectedRoute } from "../identity/protectedRoute.ts";
import type { Cluster } from "../k3s/cluster.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import type { Network } from "../network/network.ts";
import { callVariables, databaseOf, databaseVariables } from "./environment.ts";
import { calledBy, itilNetworkRules } from "./itilNetworkRules.ts";
import { LabService, servicePort } from "./labService.ts";

export interface ItilArgs {
  /** The services that have an image in `lab:itil`: `runningServices` of the configuration. */
  readonly services: readonly RunningService[];
  readonly cluster: Pick<Cluster, "provider">;
  readonly network: Pick<Network, "gateway">;
  readonly identity: Pick<Identity, "authentik" | "login">;
  /** The databases of the services. */
  readonly stores: DataServices;
  readonly namespaces: { get(name: ItilNamespace): Namespace };
}

/** The services of the ITIL platform, with their databases, network policies and logins. */
export class Itil extends pulumi.ComponentResource {
  /** The addresses of the services with a web interface, by name. */
  readonly urls: Readonly<Record<string, string>>;

  constructor(name: string, args: ItilArgs, opts: pulumi.ComponentResourceOptions) {
    const { services, identity } = args;
    const { gateway } = args.network;
    const { provider } = args.cluster;
    super("lab:apps:Itil", name, { services: services.map((service) => service.name) }, opts);

    const routes = new Map<string, ProtectedRoute>();
    for (const service of services) {
      const databases = service.stores.map(
        (store) => [store, databaseOf(store, service.name, args.stores)] as const,
      );
      const { plain, secret } = databaseVariables(service.name, databases);
      const aliases = [{ name: service.name }];
      const { ready } = new LabService(
        `${name}-${service.name}`,
        {
          provider,
          namespace: args.namespaces.get(service.namespace),
          workload: service,
          environment: { plain: { ...plain, ...callVariables(calledBy(service, services)) }, secret },
          networkRules: itilNetworkRules(service, services, databases),
          after: databases.map(([, database]) => database.ready),
        },
        { parent: this, aliases },
      );
      if (service.web)
        routes.set(
          service.name,
          new ProtectedRoute(
            `${name}-${service.name}`,
            {
              service: protectedServiceOf(service),
              rotation: service.rotation,
              gateway,
              provider: identity.authentik,
              login: identity.login,
              after: [ready],
            },
            { parent: this, aliases },
          ),
        );
    }
    this.urls = Object.fromEntries([...routes].map(([service, { url }]) => [service, url]));
    const web = services.filter((service) => service.web);
    if (web.length > 0)
      loginGate(
        `${name}-login-gate`,
        {
          name: "login-gate-itil",
          provider,
          domain: gateway.domain,
          namespace: identity.login,
          applications: web.map(protectedServiceOf),
        },
        {
          parent: this,
          dependsOn: [...routes.values()].map(({ ready }) => ready),
          aliases: [{ name: "login-gate-itil" }],
        },
      );
    this.registerOutputs({ urls: this.urls });
  }
}

/** The services of the ITIL platform that the lab runs. */
export function itilPlan({ config }: Pick<Lab, "config">): Pick<ItilArgs, "services"> {
  return { services: runningServices(config) };
}

/** A service with a web interface, as the login declares it. */
export function protectedServiceOf(service: RunningService): ProtectedService {
  const { name, title, groups, namespace, port } = service;
  return {
    name,
    title,
    host: name,
    groups,
    login: "proxy",
    upstream: { namespace, service: name, port: servicePort, pods: podsOf(service), podPort: port },
  };
}
