import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { loginServices } from "../../catalog/services.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { makePlan, type PlanDocument } from "../../plan/plan.ts";
import { program } from "../../rehearsal/program.ts";
import { features } from "../features.ts";
import { networkRuleSpec } from "../kubernetes/networkRule.ts";
import { prometheusPods } from "../monitoring.ts";

type Resource = PlanDocument["resources"][number];
// biome-ignore lint/suspicious/noExplicitAny: an object of any kind
const inputs = (resource: Resource) => resource.inputs as any;

/** The plan of the homelab with these settings of its services. */
async function planned(services: object): Promise<PlanDocument["resources"]> {
  const source = readStackFile("test/reference.yaml");
  const values = { ...source.values, identity: { services } };
  return (await makePlan("homelab", { ...source, values }, program)).document.resources;
}

describe("monitoring", () => {
  let resources: PlanDocument["resources"];
  beforeAll(async () => {
    resources = await planned({});
  });

  const of = (kind: string) =>
    resources.filter(({ type }) => !type.startsWith("lab:") && type.endsWith(`:${kind}`));
  const find = (kind: string, name: string): Resource =>
    of(kind).find((resource) => resource.name === name) ?? expect.fail(`there is no ${kind} ${name}`);
  /** Every resource that is created before a resource. */
  const awaited = ({ dependsOn }: Resource): Set<string> => {
    const seen = new Set<string>();
    const open = [...dependsOn];
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
      if (seen.has(urn)) continue;
      seen.add(urn);
      open.push(...(resources.find((resource) => resource.urn === urn)?.dependsOn ?? []));
    }
    return new Set([...seen].map((urn) => urn.split("::").at(-1) ?? ""));
  };

  test("depends on the storage canary, and its CRDs on the network alone (S11)", () => {
    expect(awaited(find("Release", "kube-prometheus-stack"))).toContain("storage-canary");
    const definitions = awaited(find("Release", "prometheus-operator-crds"));
    expect(definitions).toContain("nodes-ready");
    for (const later of ["longhorn", "authentik", "cert-manager"]) expect(definitions).not.toContain(later);
  });

  test("does not depend on the login", () =>
    expect(awaited(find("Release", "kube-prometheus-stack"))).not.toContain("authentik-db"));

  test("creates targets and alerts after their CRDs", () => {
    const objects = [...of("PodMonitor"), ...of("PrometheusRule")];
    expect(objects.length).toBeGreaterThan(4);
    for (const object of objects) expect(awaited(object)).toContain("prometheus-operator-crds");
  });

  test("has network access to every target, on the port that it scrapes", () => {
    for (const { name } of features.flatMap(({ scrapeTargets }) => scrapeTargets)) {
      const { metadata, spec } = inputs(find("PodMonitor", `scrape-${name}`));
      const [{ portNumber }] = spec.podMetricsEndpoints;
      const opened = find("CiliumNetworkPolicy", `${metadata.name}-from-prometheus`);
      expect(inputs(opened).metadata.namespace).toBe(metadata.namespace);
      expect(inputs(opened).spec).toEqual(
        networkRuleSpec({
          name: "",
          pods: spec.selector.matchLabels,
          direction: "from",
          peer: { namespace: "monitoring", pods: prometheusPods },
          ports: [portNumber],
        }),
      );
    }
  });

  test("runs privileged only where it reads nodes, with a reason (P4)", () => {
    const enforced = (name: string) =>
      inputs(find("Namespace", name)).metadata.labels?.["pod-security.kubernetes.io/enforce"];
    expect(enforced("monitoring")).toBe("restricted");
    expect(enforced("node-exporter")).toBe("privileged");
    expect(inputs(find("Release", "kube-prometheus-stack")).values["prometheus-node-exporter"]).toMatchObject(
      {
        namespaceOverride: "node-exporter",
      },
    );
  });

  test("is behind the login: two proxies, and Grafana by its own OIDC client (A4)", () => {
    for (const name of ["prometheus", "alertmanager"])
      expect(inputs(find("HTTPRoute", name)).spec.rules[0].backendRefs).toEqual([
        { name: `oauth2-proxy-${name}`, port: 80 },
      ]);
    const { metadata, spec } = inputs(find("HTTPRoute", "grafana"));
    expect(metadata.annotations).toEqual({
      "lab.home/native-oidc": "grafana",
      "lab.home/served-by": "kube-prometheus-stack",
    });
    expect(spec.rules[0].backendRefs).toEqual([{ name: "kube-prometheus-stack-grafana", port: 80 }]);
    expect(awaited(find("HTTPRoute", "grafana"))).toContain("blueprint-grafana");
  });

  test("lets Grafana fetch tokens from Authentik, and only there", () => {
    const out = inputs(find("CiliumNetworkPolicy", "grafana-to-authentik"));
    const into = inputs(find("CiliumNetworkPolicy", "authentik-from-grafana"));
    expect([out.metadata.namespace, into.metadata.namespace]).toEqual(["monitoring", "authentik"]);
    for (const { toPorts } of [...out.spec.egress, ...into.spec.ingress])
      expect(toPorts).toEqual([{ ports: [{ port: "9000", protocol: "TCP" }] }]);
  });

  test("is checked by the login gate with every other service, after the last of them", () => {
    const gate = awaited(find("Job", "login-gate"));
    for (const service of loginServices) expect(gate).toContain(service);
    for (const step of ["blueprint-grafana", "kube-prometheus-stack", "oauth2-proxy-hubble"])
      expect(gate).toContain(step);
  });

  test("replaces Grafana's pod, and touches no other service, when its client secret changes", async () => {
    const changed = await planned({ grafana: { rotation: 2 } });
    const shown = ({ type, name, inputs: own }: Resource) => `${type}::${name} ${JSON.stringify(own)}`;
    const known = new Set(resources.map(shown));
    const touched = changed.filter(
      (resource) => resource.type.startsWith("kubernetes:") && !known.has(shown(resource)),
    );
    // Its two Secrets as well, whose contents are unknown at preview.
    expect(touched.map(({ name }) => name).toSorted()).toEqual([
      "blueprint-grafana",
      "kube-prometheus-stack",
    ]);
    const { values } = inputs(find("Release", "kube-prometheus-stack"));
    const after = touched.find(({ name }) => name === "kube-prometheus-stack");
    expect(after && inputs(after).values).toEqual({
      ...values,
      grafana: { ...values.grafana, podAnnotations: { "lab.home/rotation": "2" } },
    });
  });

  test("has no secret in its values: Grafana reads them from Secrets (C5)", () => {
    const { grafana } = inputs(find("Release", "kube-prometheus-stack")).values;
    expect([grafana.admin.existingSecret, grafana.envFromSecret]).toEqual([
      "grafana-admin",
      "grafana-client",
    ]);
    expect(inputs(find("Secret", "grafana-client")).stringData).toBe("[secret]");
    expect(find("RandomPassword", "grafana-admin").protect).toBe(true);
  });
});

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const alerts = features.flatMap((feature) => feature.alerts(lab)).flatMap((group) => group.alerts);

describe("an alert", () => {
  test("has a unique name", () => {
    const names = alerts.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(alerts.map(({ name, runbook }) => [name, runbook]))(
    "%s has an existing runbook (O1)",
    (_, runbook) => expect(existsSync(`docs/${runbook}`)).toBe(true),
  );
});
