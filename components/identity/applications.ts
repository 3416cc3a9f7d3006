import type { LoginService } from "../../catalog/services.ts";
import { ConfigurationRefused } from "../../config/diagnostic.ts";
import { monitoringNamespace, prometheusPods } from "../monitoring.ts";
import type { Application } from "./application.ts";
import { adminGroup, type IdentitySettings } from "./identitySettings.ts";
import { grafanaPaths } from "./native/grafana.ts";
import type { Upstream } from "./oauth2Proxy.ts";

/** A service with a login, and how to connect to it. */
export interface AuthenticatedService extends Application {
  readonly upstream: Upstream;
}

/** A service without a login of its own, behind an OAuth2-Proxy. */
export interface ProtectedService extends AuthenticatedService {
  readonly login: "proxy";
}

/** The services of the base system that need a login. */
const declared: readonly (AuthenticatedService & { readonly name: LoginService })[] = [
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
  {
    name: "prometheus",
    title: "Prometheus",
    host: "prometheus",
    groups: [adminGroup],
    login: "proxy",
    upstream: {
      namespace: monitoringNamespace,
      service: "kube-prometheus-stack-prometheus",
      port: 9090,
      pods: prometheusPods,
      podPort: 9090,
    },
  },
  {
    name: "alertmanager",
    title: "Alertmanager",
    host: "alertmanager",
    groups: [adminGroup],
    login: "proxy",
    upstream: {
      namespace: monitoringNamespace,
      service: "kube-prometheus-stack-alertmanager",
      port: 9093,
      pods: { "app.kubernetes.io/name": "alertmanager" },
      podPort: 9093,
    },
  },
  {
    name: "grafana",
    title: "Grafana",
    host: "grafana",
    groups: [adminGroup],
    login: grafanaPaths,
    upstream: {
      namespace: monitoringNamespace,
      service: "kube-prometheus-stack-grafana",
      port: 80,
      pods: { "app.kubernetes.io/name": "grafana" },
      podPort: 3000,
    },
  },
];

/**
 * The services of the base system that need a login, with the groups that the lab configures for them.
 * @throws ConfigurationRefused for a key of `lab:identity.services` that is not the name of a service
 */
export function authenticatedServices(
  { services }: Pick<IdentitySettings, "services">,
  candidates: readonly AuthenticatedService[] = declared,
): AuthenticatedService[] {
  const names = candidates.map(({ name }) => name);
  const unknownNames = Object.keys(services).filter((name) => !names.includes(name));
  if (unknownNames.length > 0)
    throw new ConfigurationRefused(
      "the login of the services",
      unknownNames.map((name) => ({
        path: `lab:identity.services.${name}`,
        lesson: "A5",
        message: "is not a service",
        fix: `use one of ${names.join(", ")}`,
      })),
    );
  return candidates.map((service) => ({
    ...service,
    groups: services[service.name]?.groups ?? service.groups,
  }));
}

/** Whether a service is behind an OAuth2-Proxy. */
export function isProtected(service: AuthenticatedService): service is ProtectedService {
  return service.login === "proxy";
}
