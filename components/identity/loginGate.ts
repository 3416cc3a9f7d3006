import { readFileSync } from "node:fs";
import type kubernetes from "@pulumi/kubernetes";
import type pulumi from "@pulumi/pulumi";
import { gateLabel } from "../../catalog/annotations.ts";
import { charts } from "../../catalog/charts.ts";
import { gateJob } from "../kubernetes/gateJob.ts";
import type { Namespace } from "../kubernetes/namespace.ts";
import type { NetworkRule } from "../kubernetes/networkRule.ts";
import type { GatewayClass } from "../network/gatewayClass.ts";
import { gatewayEgress } from "../network/gatewayEgress.ts";
import type { Application } from "./application.ts";
import { serverPods } from "./authentikValues.ts";
import { authentikNamespace, authentikService, oidcUrls, serviceUrl } from "./oidc.ts";

/** Labels of the gate's pod. */
const gatePods = { [gateLabel]: "login" } as const;

/** Egress rules of the gate's pod: to Authentik, as a proxy connects to it, and to the Gateway, as a browser does. */
export function loginGateNetworkRules(gateway: GatewayClass, address: string): NetworkRule[] {
  return [
    {
      name: "gate-authentik",
      pods: gatePods,
      direction: "egress",
      peer: { namespace: authentikNamespace, pods: serverPods },
      ports: [authentikService.podPort],
    },
    ...gatewayEgress(gateway, address, gatePods),
  ];
}

/** The input of login.sh: one line for each application. */
export function loginLines(domain: string, applications: readonly Application[]): string {
  return applications
    .map(({ name, host, login }) => {
      const { authorize, issuer, issuerInCluster } = oidcUrls(domain, name);
      const [kind, start] = login === "proxy" ? ["proxy", "/"] : ["native", login.start];
      return `${[kind, name, `${serviceUrl(domain, host)}${start}`, authorize, issuer, issuerInCluster].join(" ")}\n`;
    })
    .join("");
}

export interface LoginGateArgs {
  readonly provider: kubernetes.Provider;
  readonly domain: string;
  /** The namespace of the proxies, where the gate runs. */
  readonly namespace: Namespace;
  /** The applications that the gate visits. */
  readonly applications: readonly Application[];
  /** Name of the ConfigMap and prefix of the Job. Default: `login-gate`, the gate of the base system. */
  readonly name?: string;
}

/**
 * A gate that visits every application without a session and requires a redirect to the login (A4), and that compares the
 * issuers with the ones that Authentik publishes (A3).
 */
export function loginGate(
  resourceName: string,
  args: LoginGateArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { name = "login-gate" } = args;
  return gateJob(
    resourceName,
    {
      provider: args.provider,
      namespace: args.namespace,
      labels: gatePods,
      name,
      script: readFileSync(new URL("login.sh", import.meta.url), "utf8"),
      environment: { LOGINS: loginLines(args.domain, args.applications), WAIT_SECONDS: "300" },
      // A new release may build its issuer in another way, so the gate runs again for every version.
      versions: [charts.authentik, charts.oauth2Proxy, charts.kubePrometheusStack].map(
        ({ version }) => version,
      ),
    },
    opts,
  );
}
