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

/** The gate's pod. */
const gatePods = { [gateLabel]: "login" } as const;

/** The gate's own ways: to Authentik as a proxy goes, and to the Gateway as everybody does. */
export function loginGateNetworkRules(gateway: GatewayClass, address: string): NetworkRule[] {
  return [
    {
      name: "gate-authentik",
      pods: gatePods,
      direction: "to",
      peer: { namespace: authentikNamespace, pods: serverPods },
      ports: [authentikService.podPort],
    },
    ...gatewayEgress(gateway, address, gatePods),
  ];
}

/** What login.sh is to look at: a line for each application. */
export function loginLines(domain: string, applications: readonly Application[]): string {
  return applications
    .map(({ name, host, login }) => {
      const { authorize, issuer, issuerInCluster } = oidcUrls(domain, name);
      const [kind, start] = login === "proxy" ? ["proxy", "/"] : ["native", login.start];
      return `${[kind, name, `${serviceUrl(domain, host)}${start}`, authorize, issuer, issuerInCluster].join(" ")}\n`;
    })
    .join("");
}

/**
 * Visits every service behind the login as a stranger (A4), after the last of them is made, and compares
 * the issuers with Authentik's own word (A3).
 */
export function loginGate(
  args: {
    readonly provider: kubernetes.Provider;
    readonly domain: string;
    readonly namespace: Namespace;
    readonly applications: readonly Application[];
    /** What a later layer calls the gate of its own services; left out, it is the gate of the lab's base. */
    readonly name?: string;
  },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { name = "login-gate" } = args;
  return gateJob(
    name,
    {
      provider: args.provider,
      namespace: args.namespace,
      labels: gatePods,
      name,
      script: readFileSync(new URL("login.sh", import.meta.url), "utf8"),
      environment: { LOGINS: loginLines(args.domain, args.applications), WAIT_SECONDS: "300" },
      // Once more for every release, too: what an issuer is made of is Authentik's own affair.
      versions: [charts.authentik, charts.oauth2Proxy, charts.kubePrometheusStack].map(
        ({ version }) => version,
      ),
    },
    opts,
  );
}
