import { beforeAll, describe, expect, test } from "vitest";
import { type ItilService, itilServices, type ServiceStore } from "../../catalog/itil.ts";
import type { RecordedResource } from "../../plan/record.ts";
import { verdicts } from "../../plan/verdicts.ts";
import { masked, opened } from "../../plan/wire.ts";
import { applicationDiagnostics } from "../identity/application.ts";
import { protectedServiceOf } from "./itil.ts";
import { apps, labWith, make } from "./testing/platform.ts";

const services: readonly ItilService[] = itilServices;
const unprefixed = (name: string) => name.replace(/^itil-/, "");
const names = services.map(({ name }) => name);
const web = services.filter((service) => service.web).map(({ name }) => name);
/** Resources of a type by Pulumi name, without the prefix of the component. */
const named = (resources: readonly RecordedResource[], type: string) =>
  new Map(
    resources
      .filter((resource) => resource.type === type)
      .map((resource) => [unprefixed(resource.name), opened(resource.wireInputs) as Record<string, unknown>]),
  );

describe("Itil with every service", () => {
  let made: readonly RecordedResource[];
  beforeAll(async () => {
    made = await make(labWith(names));
  });
  const kind = (type: string) => named(apps(made), `kubernetes:${type}`);

  test("creates Deployment, Service and ServiceAccount of each service, without an API token", () => {
    for (const type of ["apps/v1:Deployment", "core/v1:Service", "core/v1:ServiceAccount"])
      expect([...kind(type).keys()].toSorted()).toEqual(names.toSorted());
    for (const account of kind("core/v1:ServiceAccount").values())
      expect(account.automountServiceAccountToken).toBe(false);
  });

  test("creates a PodDisruptionBudget for each service with more than one replica", () => {
    const several = services.filter(({ replicas }) => replicas > 1).map(({ name }) => name);
    expect(several.length).toBeGreaterThan(3);
    expect([...kind("policy/v1:PodDisruptionBudget").keys()].toSorted()).toEqual(several.toSorted());
  });

  test("leaves the number of replicas to the autoscaler where there is one", () => {
    const scalers = kind("autoscaling/v2:HorizontalPodAutoscaler");
    expect([...scalers.keys()].toSorted()).toEqual(
      services
        .filter(({ scales }) => scales)
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(scalers.get("knowledge-graph-api")?.spec).toMatchObject({ minReplicas: 2, maxReplicas: 4 });
    for (const [name, { spec }] of kind("apps/v1:Deployment"))
      expect((spec as { replicas?: number }).replicas).toBe(
        scalers.has(name) ? undefined : services.find((service) => service.name === name)?.replicas,
      );
  });

  test("puts each service with a web interface behind a proxy, and routes to no other service (A4)", () => {
    expect([...kind("helm.sh/v3:Release").keys()].toSorted()).toEqual(
      web.map((name) => `${name}-proxy`).toSorted(),
    );
    expect([...kind("gateway.networking.k8s.io/v1:HTTPRoute").keys()].toSorted()).toEqual(
      web.map((name) => `${name}-route`).toSorted(),
    );
  });

  test("visits each web interface without a session in its login gate", () => {
    const job = apps(made).find(
      ({ name, type }) => name === "itil-login-gate" && type === "kubernetes:batch/v1:Job",
    );
    const text = JSON.stringify(masked(job?.wireInputs ?? {}));
    for (const name of web) expect(text).toContain(`https://${name}.lab.example.net/`);
  });

  test("waits for the databases of each service, and for no others", () => {
    const ready = (resource: RecordedResource) =>
      resource.dependsOn
        .map((urn) => /ConfigMap::(.*)-ready$/.exec(urn)?.[1])
        .filter((name) => name !== undefined)
        .toSorted();
    const store = (name: string, each: ServiceStore) => (each === "postgres" ? `${name}-db` : each);
    for (const resource of apps(made).filter(({ type }) => type === "kubernetes:apps/v1:Deployment")) {
      const service = services.find(({ name }) => name === unprefixed(resource.name));
      const expected = service?.stores.map((each) => store(service.name, each)) ?? expect.fail("no service");
      expect(ready(resource)).toEqual(expected.toSorted());
    }
  });

  test("stores passwords in Secrets only (C5)", () => {
    const shown = JSON.stringify(made.map(({ wireInputs }) => masked(wireInputs)));
    expect(shown).not.toContain("planted");
    const holders = made
      .filter(({ wireInputs }) => JSON.stringify(opened(wireInputs)).includes("planted"))
      .map(({ type }) => type);
    expect(new Set(holders)).toEqual(new Set(["kubernetes:core/v1:Secret"]));
    expect(holders.length).toBe(names.length - 1);
  });

  test("violates no policy", () => {
    // Only the component's own resources: the test has no storage and no nodes.
    const own = new Set<string | null>(apps(made).map(({ urn }) => urn));
    const { policies, violations } = verdicts(made);
    expect(violations.filter(({ resource }) => resource === null || own.has(resource))).toEqual([]);
    expect(policies.filter(({ outcome }) => outcome === "unknown")).toEqual([]);
  });
});

/** The resources that differ between two plans, without components. */
function difference(one: readonly RecordedResource[], other: readonly RecordedResource[]): string[] {
  const texts = (all: readonly RecordedResource[]) =>
    new Map(
      all.filter(({ custom }) => custom).map(({ urn, wireInputs }) => [urn, JSON.stringify(wireInputs)]),
    );
  const [before, after] = [texts(one), texts(other)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((urn) => before.get(urn) !== after.get(urn))
    .map((urn) =>
      urn
        .split("::")
        .slice(2)
        .join(" ")
        .replace(/^.*\$?kubernetes:[^:]*:/, ""),
    )
    .toSorted();
}

test("updates the Secret and the pods of the service whose password changed", async () => {
  const lab = labWith(["kedb", "incident-swarming", "change-management"]);
  const changed = difference(await make(lab), await make(lab, { "kedb-db": "another" }));
  expect(changed).toEqual(["Deployment itil-kedb", "Secret itil-kedb-stores"]);
});

test("updates the Deployment only when the image changes", async () => {
  const [one, two] = [
    labWith(["kedb", "incident-swarming"]),
    labWith(["kedb", "incident-swarming"], { kedb: { image: "kedb:1.5.0" } }),
  ];
  expect(difference(await make(one), await make(two))).toEqual(["Deployment itil-kedb"]);
});

test("creates nothing for a service that is off, and no variable for its callers", async () => {
  const made = apps(await make(labWith(["self-service-portal"])));
  const text = JSON.stringify(made.map(({ wireInputs }) => opened(wireInputs)));
  expect(text).not.toMatch(/fulfillment-engine|ai-service-desk|FULFILLMENT_ENGINE|AI_SERVICE_DESK/);
});

test("creates nothing without services", async () =>
  expect(apps(await make(labWith([]))).map(({ type }) => type)).toEqual(["lab:apps:Itil"]));

test("creates neither budget nor autoscaler for a service that a lab sets to one replica", async () => {
  const made = apps(await make(labWith(["ai-service-desk"], { "ai-service-desk": { replicas: 1 } })));
  expect(made.filter(({ type }) => /PodDisruptionBudget|HorizontalPodAutoscaler/.test(type))).toEqual([]);
});

test("declares web interfaces that conflict neither with each other nor with the base system (N10)", () => {
  const applications = services
    .filter((service) => service.web)
    .map((service) =>
      protectedServiceOf({
        ...service,
        most: service.replicas,
        groups: ["admins"],
        rotation: 1,
        image: "i:1",
      }),
    );
  expect(applicationDiagnostics("lab.example.net", ["admins"], applications)).toEqual([]);
});
