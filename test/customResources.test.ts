import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { Definitions, isCustom, type KubernetesObject } from "./customResources.ts";
import { type PlannedResource, plannedResources, validConfigurations } from "./plannedResources.ts";

/** Groups whose definitions are nowhere to be had, each with why. */
const withoutDefinition: Readonly<Record<string, string>> = {};

const folder = fileURLToPath(new URL("../../shared/crds", import.meta.url));
const available = existsSync(folder);
if (!available) console.warn(`SKIPPED: custom resources are not checked: there is no ${folder}`);
const definitions = new Definitions(folder);

describe.skipIf(!available)("the custom resources", () => {
  let planned: ReadonlyMap<string, readonly PlannedResource[]>;
  beforeAll(async () => {
    planned = await plannedResources();
  });
  const objects = (file: string) =>
    (planned.get(file) ?? [])
      .map(({ inputs }) => inputs as KubernetesObject)
      .filter((inputs) => typeof inputs.apiVersion === "string" && isCustom(inputs));
  const groupOf = ({ apiVersion }: KubernetesObject) => apiVersion.split("/")[0] ?? "";

  test.for(validConfigurations())("of %s are what their definitions want", (file) => {
    const checked = objects(file).filter((object) => !(groupOf(object) in withoutDefinition));
    expect(checked.length).toBeGreaterThan(5);
    const problems = checked.flatMap((object) =>
      definitions
        .check(object)
        .map(({ path, message }) => `${object.kind} ${object.metadata?.name}: ${path} ${message}`),
    );
    expect(problems).toEqual([]);
  });

  test("need each group that goes unchecked", () => {
    const used = validConfigurations().flatMap(objects).map(groupOf);
    const needless = Object.keys(withoutDefinition).filter(
      (group) => definitions.serves(group) || !used.includes(group),
    );
    expect(needless).toEqual([]);
  });
});

test.each([
  ["v1", false],
  ["apps/v1", false],
  ["networking.k8s.io/v1", false],
  ["gateway.networking.k8s.io/v1", true],
  ["snapshot.storage.k8s.io/v1", true],
  ["cilium.io/v2", true],
])("of %s it is %s that it is custom", (apiVersion, custom) => expect(isCustom({ apiVersion })).toBe(custom));

describe.skipIf(!available)("a mistake in a custom resource is refused", () => {
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
      "a field's name",
      route({ hostname: ["grafana.lab.example.net"] }),
      "spec.hostname is no field; did you mean spec.hostnames?",
    ],
    ["a required field", certificate({}), "spec.secretName is missing"],
    [
      "one of a few words",
      announcement("Absent"),
      "spec.nodeSelector.matchExpressions.0.operator is none of In, NotIn, Exists, DoesNotExist",
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
      "a pattern of Go",
      rules({ partial_response_strategy: "ignore" }),
      "spec.groups.0.partial_response_strategy must match pattern",
    ],
    [
      "a structure that is hidden as a whole",
      certificate({ secretName: "tls", issuerRef: "[unknown]" }),
      "spec.issuerRef is hidden as a whole",
    ],
    ["a field beside the specification", { ...gateway({ port: 443 }), data: {} }, "data is no field"],
    [
      "a label that is no text",
      issuer({ metadata: { name: "lab", labels: { routable: true } } }),
      "metadata.labels.routable must be string",
    ],
    [
      "a namespace that it has no use for",
      issuer({ metadata }),
      "metadata.namespace a ClusterIssuer belongs to the cluster and to no namespace",
    ],
    [
      "a namespace that it needs",
      { ...gateway({ port: 443 }), metadata: { name: "lab" } },
      "metadata.namespace is missing: a Gateway would land in the namespace default",
    ],
    [
      "a version that is not served",
      { ...route({}), apiVersion: "gateway.networking.k8s.io/v1alpha2" },
      "apiVersion HTTPRoute is not served as v1alpha2, but as v1",
    ],
    [
      "a version that is not served, of a kind whose definition is to be had converted only",
      { ...announcement("Exists"), apiVersion: "cilium.io/v2" },
      "apiVersion CiliumL2AnnouncementPolicy is not served as v2, but as v2alpha1",
    ],
    [
      "a kind",
      { ...certificate({ secretName: "tls" }), kind: "Certifcate" },
      "kind cert-manager.io has no Certifcate; did you mean Certificate?",
    ],
    [
      "a group that nobody knows",
      { ...certificate({}), apiVersion: "certs.example.org/v1" },
      "apiVersion no definition of the group certs.example.org is at hand",
    ],
  ];
  test.each(mistakes)("%s", (_, object, message) => {
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
  ])("and a right %s is not", (_, object) => expect(definitions.check(object)).toEqual([]));
});
