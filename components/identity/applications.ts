import type { LoginService } from "../../config/services.ts";
import type { Application } from "./application.ts";
import type { Upstream } from "./oauth2Proxy.ts";
import { adminGroup, type IdentitySettings } from "./settings.ts";

/** A service that does not know who is there, and the proxy's way to it. */
export interface ProtectedService extends Application {
  readonly login: "proxy";
  readonly upstream: Upstream;
}

/** What stands open to whoever reaches it, and is there as soon as the cluster and its storage are. */
const declared: readonly (ProtectedService & { readonly name: LoginService })[] = [
  {
    name: "longhorn",
    title: "Longhorn",
    host: "longhorn",
    groups: [adminGroup],
    login: "proxy",
    upstream: {
      namespace: "longhorn-system",
      service: "longhorn-frontend",
      port: 80,
      pods: { app: "longhorn-ui" },
      podPort: 8000,
    },
  },
  {
    name: "hubble",
    title: "Hubble",
    host: "hubble",
    groups: [adminGroup],
    login: "proxy",
    upstream: {
      namespace: "kube-system",
      service: "hubble-ui",
      port: 80,
      pods: { "k8s-app": "hubble-ui" },
      podPort: 8081,
    },
  },
];

/**
 * The services of the lab's base that need a login, with who may enter as the lab has it.
 * @throws Error for settings of a service that is not declared, with the names that are
 */
export function protectedServices(
  { services }: Pick<IdentitySettings, "services">,
  among: readonly ProtectedService[] = declared,
): ProtectedService[] {
  const names = among.map(({ name }) => name);
  for (const name of Object.keys(services))
    if (!names.includes(name))
      throw new Error(
        `lab:identity.services.${name} is of no service (A5): write one of ${names.join(", ")}`,
      );
  return among.map((service) => ({ ...service, groups: services[service.name]?.groups ?? service.groups }));
}
