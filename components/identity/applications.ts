import type { LoginService } from "../../catalog/services.ts";
import { ConfigurationRefused } from "../../config/diagnostic.ts";
import { monitoringNamespace, prometheusPods } from "../monitoring.ts";
import type { Application } from "./application.ts";
import { adminGroup, type IdentitySettings } from "./identitySettings.ts";
import { grafanaPaths } from "./native/grafana.ts";
import type { Upstream } from "./oauth2Proxy.ts";

/** A service that asks who is there, or has it asked, and the way to it. */
export interface LoggedInService extends Application {
  readonly upstream: Upstream;
}

/** A service that does not know who is there, and the proxy's way to it. */
export interface ProtectedService extends LoggedInService {
  readonly login: "proxy";
}

/** What stands open to whoever reaches it, and is there as soon as the lab's base is. */
const declared: readonly (LoggedInService & { readonly name: LoginService })[] = [
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
 * The services of the lab's base that need a login, with who may enter as the lab has it.
 * @throws ConfigurationRefused for settings of a service that is not declared, with the names that are
 */
export function loggedInServices(
  { services }: Pick<IdentitySettings, "services">,
  among: readonly LoggedInService[] = declared,
): LoggedInService[] {
  const names = among.map(({ name }) => name);
  const strangers = Object.keys(services).filter((name) => !names.includes(name));
  if (strangers.length > 0)
    throw new ConfigurationRefused(
      "what stands behind the login",
      strangers.map((name) => ({
        path: `lab:identity.services.${name}`,
        lesson: "A5",
        message: "is of no service",
        fix: `write one of ${names.join(", ")}`,
      })),
    );
  return among.map((service) => ({ ...service, groups: services[service.name]?.groups ?? service.groups }));
}

/** Whether a service is behind a proxy. */
export function isProtected(service: LoggedInService): service is ProtectedService {
  return service.login === "proxy";
}
