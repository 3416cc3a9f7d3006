import { beforeAll, describe, expect, test } from "vitest";
import { Definitions, isCustom, type KubernetesObject } from "./customResources.ts";
import { type PlannedResource, plannedResources, validConfigurations } from "./plannedResources.ts";
import { findDefinitions, orFailInCi } from "./upstream.ts";

const found = orFailInCi(await findDefinitions());
if ("missing" in found) console.warn(`SKIPPED: custom resources are not checked: ${found.missing}`);
const definitions = new Definitions("folder" in found ? found.folder : "");

describe.skipIf("missing" in found)("custom resources", () => {
  let planned: ReadonlyMap<string, readonly PlannedResource[]>;
  beforeAll(async () => {
    planned = await plannedResources();
  });
  const objects = (file: string) =>
    (planned.get(file) ?? [])
      .map(({ inputs }) => inputs as KubernetesObject)
      .filter((inputs) => typeof inputs.apiVersion === "string" && isCustom(inputs));

  test.for(validConfigurations())("of %s match their definitions", (file) => {
    const checked = objects(file);
    expect(checked.length).toBeGreaterThan(5);
    const problems = checked.flatMap((object) =>
      definitions
        .check(object)
        .map(({ path, message }) => `${object.kind} ${object.metadata?.name}: ${path} ${message}`),
    );
    expect(problems).toEqual([]);
  });
});

test.each([
  ["v1", false],
  ["apps/v1", false],
  ["networking.k8s.io/v1", false],
  ["gateway.networking.k8s.io/v1", true],
  ["snapshot.storage.k8s.io/v1", true],
  ["cilium.io/v2", true],
])("isCustom returns for %s: %s", (apiVersion, custom) => expect(isCustom({ apiVersion })).toBe(custom));

describe.skipIf("missing" in found)("Definitions.check", () => {
  const metadata = { name: "one", namespace: "apps" };
  const route = (spec: object) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata,
    spec: { parentRefs: [{ name: "lab", namespace: "gateway", sectionName: "https" }], ...spec },
  });
  const certificate = (spec: object) => ({
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata,
    spec: { dnsNames: ["lab.example.net"], issuerRef: { name: "lab", kind: "ClusterIssuer" }, ...spec },
  });
  const announcement = (operator: string) => ({
    apiVersion: "cilium.io/v2alpha1",
    kind: "CiliumL2AnnouncementPolicy",
    metadata: { name: "lab" },
    spec: {
      loadBalancerIPs: true,
      nodeSelector: {
        matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator }],
      },
    },
  });
  const gateway = (listener: object) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata,
    spec: { gatewayClassName: "cilium", listeners: [{ name: "https", protocol: "HTTPS", ...listener }] },
  });
  const rules = (group: object) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata,
    spec: { groups: [{ name: "lab", rules: [{ alert: "NodeDown", expr: "up == 0" }], ...group }] },
  });
  const issuer = (more: object) => ({
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    spec: { ca: { secretName: "[secret]" } },
    ...more,
  });

  const mistakes: [string, KubernetesObject, string][] = [
    [
      "the name of a field",
      route({ hostname: ["grafana.lab.example.net"] }),
      "spec.hostname is not a field; did you mean spec.hostnames?",
    ],
    ["a required field", certificate({}), "spec.secretName is missing"],
    [
      "a value outside an enumeration",
      announcement("Absent"),
      "spec.nodeSelector.matchExpressions.0.operator must be one of In, NotIn, Exists, DoesNotExist",
    ],
    ["a required field in a list", gateway({}), "spec.listeners.0.port is missing"],
    ["a number's limit", gateway({ port: 70_000 }), "spec.listeners.0.port must be <= 65535"],
    [
      "a pattern",
      route({ hostnames: ["https://grafana.lab.example.net"] }),
      "spec.hostnames.0 must match pattern",
    ],
    ["a type", certificate({ secretName: "tls", dnsNames: "lab" }), "spec.dnsNames must be array"],
    [
      "a Go pattern",
      rules({ partial_response_strategy: "ignore" }),
      "spec.groups.0.partial_response_strategy must match pattern",
    ],
    [
      "a structure that is hidden as a whole",
      certificate({ secretName: "tls", issuerRef: "[unknown]" }),
      "spec.issuerRef is hidden as a whole",
    ],
    ["a field next to the specification", { ...gateway({ port: 443 }), data: {} }, "data is not a field"],
    [
      "a label that is not a string",
      issuer({ metadata: { name: "lab", labels: { routable: true } } }),
      "metadata.labels.routable must be string",
    ],
    [
      "a namespace on a cluster-scoped object",
      issuer({ metadata }),
      "metadata.namespace a ClusterIssuer is cluster-scoped and has no namespace",
    ],
    [
      "a missing namespace",
      { ...gateway({ port: 443 }), metadata: { name: "lab" } },
      "metadata.namespace is missing: the Gateway would be created in the namespace default",
    ],
    [
      "a version that is not served",
      { ...route({}), apiVersion: "gateway.networking.k8s.io/v1alpha2" },
      "apiVersion HTTPRoute is served as v1, v1beta1, not as v1alpha2",
    ],
    [
      "a kind",
      { ...certificate({ secretName: "tls" }), kind: "Certifcate" },
      "kind cert-manager.io has no Certifcate; did you mean Certificate?",
    ],
    [
      "an unknown group",
      { ...certificate({}), apiVersion: "certs.example.org/v1" },
      "apiVersion the group certs.example.org has no definition",
    ],
  ];
  test.each(mistakes)("rejects a mistake in %s", (_, object, message) => {
    const problems = definitions.check(object).map((problem) => `${problem.path} ${problem.message}`);
    expect(problems.join("\n")).toContain(message);
  });

  test.each<[string, KubernetesObject]>([
    ["route", route({ hostnames: ["grafana.lab.example.net"] })],
    ["certificate with a hidden name", certificate({ secretName: "[unknown]" })],
    ["announcement", announcement("DoesNotExist")],
    ["gateway with a hidden port", gateway({ port: "[unknown]" })],
    ["rule", rules({ partial_response_strategy: "Warn" })],
    ["issuer with a secret", issuer({ metadata: { name: "lab" } })],
  ])("accepts a valid %s", (_, object) => expect(definitions.check(object)).toEqual([]));
});
