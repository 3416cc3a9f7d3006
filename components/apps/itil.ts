import pulumi from "@pulumi/pulumi";
import { type ItilNamespace, podsOf } from "../../catalog/itil.ts";
import { type RunningService, runningServices } from "../../config/itilPlan.ts";
import type { Lab } from "../../config/lab.ts";
import type { DataServices } from "../data/dataServices.ts";
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

/** The ITIL platform: each of its services that has an image, with its databases, its callers and its login. */
export class Itil extends pulumi.ComponentResource {
  /** Where people find the services that are for them, by name. */
  readonly urls: Readonly<Record<string, string>>;

  constructor(
    name: string,
    args: {
      readonly lab: Pick<Lab, "config">;
      readonly cluster: Pick<Cluster, "provider">;
      readonly network: Pick<Network, "gateway">;
      readonly identity: Pick<Identity, "authentik" | "login">;
      readonly stores: DataServices;
      readonly namespaces: { get(name: ItilNamespace): Namespace };
    },
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { config } = args.lab;
    const { gateway } = args.network;
    const { provider } = args.cluster;
    const running = runningServices(config);
    const web = running.filter((service) => service.web);
    super("lab:apps:Itil", name, { services: running.map((service) => service.name) }, opts);

    const routes = new Map<string, ProtectedRoute>();
    for (const service of running) {
      const databases = service.stores.map(
        (store) => [store, databaseOf(store, service.name, args.stores)] as const,
      );
      const { plain, secret } = databaseVariables(service.name, databases);
      const made = new LabService(
        service.name,
        {
          provider,
          namespace: args.namespaces.get(service.namespace),
          workload: service,
          environment: { plain: { ...plain, ...callVariables(calledBy(service, running)) }, secret },
          networkRules: itilNetworkRules(service, running, databases),
          after: databases.map(([, { ready }]) => ready),
        },
        { parent: this },
      );
      if (service.web)
        routes.set(
          service.name,
          new ProtectedRoute(
            service.name,
            {
              service: behindLogin(service),
              rotation: service.rotation,
              gateway,
              provider: args.identity.authentik,
              login: args.identity.login,
              after: [made.ready],
            },
            { parent: this },
          ),
        );
    }
    this.urls = Object.fromEntries([...routes].map(([service, { url }]) => [service, url]));
    if (web.length > 0)
      loginGate(
        {
          name: "login-gate-itil",
          provider,
          domain: gateway.domain,
          namespace: args.identity.login,
          applications: web.map(behindLogin),
        },
        { parent: this, dependsOn: [...routes.values()].map(({ ready }) => ready) },
      );
    this.registerOutputs({ urls: this.urls });
  }
}

/** A service that people use, as the login has to know it. */
export function behindLogin(service: RunningService): ProtectedService {
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
