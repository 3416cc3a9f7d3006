import { beforeAll, describe, expect, test } from "vitest";
import { type ItilService, itilServices, type ServiceStore } from "../../catalog/itil.ts";
import type { RecordedResource } from "../../plan/record.ts";
import { verdicts } from "../../plan/verdicts.ts";
import { masked, opened } from "../../plan/wire.ts";
import { applicationProblems } from "../identity/application.ts";
import { behindLogin } from "./itil.ts";
import { apps, labWith, make } from "./testing/platform.ts";

const services: readonly ItilService[] = itilServices;
const names = services.map(({ name }) => name);
const web = services.filter((service) => service.web).map(({ name }) => name);
const named = (resources: readonly RecordedResource[], type: string) =>
  new Map(
    resources
      .filter((resource) => resource.type === type)
      .map((resource) => [resource.name, opened(resource.wireInputs) as Record<string, unknown>]),
  );

describe("the platform with every service on", () => {
  let made: readonly RecordedResource[];
  beforeAll(async () => {
    made = await make(labWith(names));
  });
  const kind = (type: string) => named(apps(made), `kubernetes:${type}`);

  test("has the pods, the account and the address of each service, and no token in any of them", () => {
    for (const type of ["apps/v1:Deployment", "core/v1:Service", "core/v1:ServiceAccount"])
      expect([...kind(type).keys()].toSorted()).toEqual(names.toSorted());
    for (const account of kind("core/v1:ServiceAccount").values())
      expect(account.automountServiceAccountToken).toBe(false);
  });

  test("keeps a pod of every service that has more than one, while nodes are emptied", () => {
    const several = services.filter(({ replicas }) => replicas > 1).map(({ name }) => name);
    expect(several.length).toBeGreaterThan(3);
    expect([...kind("policy/v1:PodDisruptionBudget").keys()].toSorted()).toEqual(several.toSorted());
  });

  test("has one owner of each number of pods", () => {
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

  test("leads people to what is for them, by a proxy each, and nobody to the rest (A4)", () => {
    expect([...kind("helm.sh/v3:Release").keys()].toSorted()).toEqual(
      web.map((name) => `oauth2-proxy-${name}`).toSorted(),
    );
    expect([...kind("gateway.networking.k8s.io/v1:HTTPRoute").keys()].toSorted()).toEqual(web.toSorted());
  });

  test("visits each of them as a stranger in the end", () => {
    const gate = apps(made).find(({ name }) => name === "login-gate-itil") ?? expect.fail("no gate");
    const job = apps(made).filter(
      ({ name, type }) => name === gate.name && type === "kubernetes:batch/v1:Job",
    );
    const text = JSON.stringify(masked(job[0]?.wireInputs ?? {}));
    for (const name of web) expect(text).toContain(`https://${name}.lab.example.net/`);
  });

  test("waits for the databases that it uses, and for no others", () => {
    const ready = (resource: RecordedResource) =>
      resource.dependsOn
        .map((urn) => /ConfigMap::(.*)-ready$/.exec(urn)?.[1])
        .filter((name) => name !== undefined)
        .toSorted();
    const store = (name: string, each: ServiceStore) => (each === "postgres" ? `${name}-db` : each);
    for (const resource of apps(made).filter(({ type }) => type === "kubernetes:apps/v1:Deployment")) {
      const wanted = services.find(({ name }) => name === resource.name)?.stores ?? [];
      expect(ready(resource)).toEqual(wanted.map((each) => store(resource.name, each)).toSorted());
    }
  });

  test("keeps every password in Secrets, and nowhere else (C5)", () => {
    const shown = JSON.stringify(made.map(({ wireInputs }) => masked(wireInputs)));
    expect(shown).not.toContain("planted");
    const holders = made
      .filter(({ wireInputs }) => JSON.stringify(opened(wireInputs)).includes("planted"))
      .map(({ type }) => type);
    expect(new Set(holders)).toEqual(new Set(["kubernetes:core/v1:Secret"]));
    expect(holders.length).toBe(names.length - 1);
  });

  test("has nothing that a policy refuses", () => {
    // Of the layer's own: the storage and the nodes below it are not there.
    const own = new Set<string | null>(apps(made).map(({ urn }) => urn));
    const { policies, violations } = verdicts(made);
    expect(violations.filter(({ resource }) => resource === null || own.has(resource))).toEqual([]);
    expect(policies.filter(({ outcome }) => outcome === "unknown")).toEqual([]);
  });
});

/** What is made, unmade or made otherwise in one lab than in another, apart from components. */
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

test("another password reaches those who use it: their Secret, and new pods", async () => {
  const lab = labWith(["kedb", "incident-swarming", "change-management"]);
  const changed = difference(await make(lab), await make(lab, { "kedb-db": "another" }));
  expect(changed).toEqual(["Deployment kedb", "Secret kedb-stores"]);
});

test("another image is a change of that service's pods alone", async () => {
  const [one, two] = [
    labWith(["kedb", "incident-swarming"]),
    labWith(["kedb", "incident-swarming"], { kedb: { image: "kedb:1.5.0" } }),
  ];
  expect(difference(await make(one), await make(two))).toEqual(["Deployment kedb"]);
});

test("a service that is off leaves nothing, and those that call it are not told of it", async () => {
  const made = apps(await make(labWith(["self-service-portal"])));
  const text = JSON.stringify(made.map(({ wireInputs }) => opened(wireInputs)));
  expect(text).not.toMatch(/fulfillment-engine|ai-service-desk|FULFILLMENT_ENGINE|AI_SERVICE_DESK/);
});

test("a platform of no services makes nothing", async () =>
  expect(apps(await make(labWith([]))).map(({ type }) => type)).toEqual(["lab:apps:Itil"]));

test("a lab with less pods of a service has neither a budget nor more than it says", async () => {
  const made = apps(await make(labWith(["ai-service-desk"], { "ai-service-desk": { replicas: 1 } })));
  expect(made.filter(({ type }) => /PodDisruptionBudget|HorizontalPodAutoscaler/.test(type))).toEqual([]);
});

test("the declarations of what people enter contradict neither each other nor those of the base (N10)", () => {
  const applications = services
    .filter((service) => service.web)
    .map((service) =>
      behindLogin({ ...service, most: service.replicas, groups: ["admins"], rotation: 1, image: "i:1" }),
    );
  expect(applicationProblems("lab.example.net", ["admins"], applications)).toEqual([]);
});
