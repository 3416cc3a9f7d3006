import { beforeAll, describe, expect, test } from "vitest";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { clientsOf, itilNamespaces } from "../../catalog/itil.ts";
import { readStackFile, type Source } from "../../config/source.ts";
import { makePlan } from "../../plan/plan.ts";
import { parseQuantity } from "../../policy/queries/quantity.ts";
import { program } from "../../rehearsal/program.ts";
import type { PlannedResource } from "../../test/plannedResources.ts";

const source = readStackFile("test/reference.yaml");
const planOf = async (changed: Source) => {
  const { document } = await makePlan("homelab", changed, program);
  expect(document.errors).toEqual([]);
  return document.resources;
};

describe("the databases", () => {
  let resources: readonly PlannedResource[];
  beforeAll(async () => {
    resources = await planOf(source);
  });

  // biome-ignore lint/suspicious/noExplicitAny: inputs of any provider's shape
  const inputsOf = (type: string, name: string): any =>
    resources.find((each) => each.type === type && each.name === name)?.inputs;
  const server = (name: string) => inputsOf("kubernetes:apps/v1:StatefulSet", name).spec.template;
  const ofType = (type: string) => resources.filter((each) => each.type === type);

  test("run Elasticsearch on the directory of one node, without its own security (D1, D2)", () => {
    const { spec, metadata } = server("elasticsearch");
    const [container] = spec.containers;
    expect({
      image: container.image,
      resources: container.resources,
      user: spec.securityContext.runAsUser,
    }).toEqual({
      image: "docker.elastic.co/elasticsearch/elasticsearch:8.11.0",
      resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "1", memory: "1024Mi" } },
      user: 1000,
    });
    expect(container.env).toEqual(
      expect.arrayContaining([
        { name: "discovery.type", value: "single-node" },
        { name: "xpack.security.enabled", value: "false" },
        { name: "ES_JAVA_OPTS", value: "-Xms512m -Xmx512m" },
      ]),
    );
    expect(spec.volumes[0]).toEqual({
      name: "knowledge-elasticsearch",
      hostPath: { path: "/var/lib/elasticsearch", type: "Directory" },
    });
    expect(metadata.annotations).toMatchObject({ "lab.home/backed-up-by": "elasticsearch-snapshot" });
    // vm.max_map_count is a setting of the node: no container may change it.
    for (const each of [...spec.initContainers, ...spec.containers])
      expect(each.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
      });
  });

  test("label exactly one node each, by K3s' configuration (K6)", () => {
    const carriers = (key: string) =>
      ofType(componentTypes.node)
        .filter(({ inputs }) => Object.hasOwn((inputs as { labels: object }).labels, key))
        .map(({ name }) => name);
    expect([carriers("elasticsearch"), carriers("neo4j")]).toEqual([["worker-2"], ["worker-3"]]);
  });

  test("allow their own clients and jobs only (D2)", () => {
    for (const store of ["elasticsearch", "mongodb", "neo4j"] as const) {
      const holes = ofType("kubernetes:cilium.io/v2:CiliumNetworkPolicy")
        .map(({ inputs }) => inputs as { metadata: { name: string }; spec: { ingress?: unknown } })
        .filter(({ metadata, spec }) => metadata.name.startsWith(`${store}-`) && spec.ingress !== undefined);
      expect(holes.map(({ metadata }) => metadata.name).toSorted()).toEqual(
        [...clientsOf(store).map(({ name }) => `${store}-from-${name}`), `${store}-from-jobs`].toSorted(),
      );
    }
  });

  test("fit the quota of their namespace all at once", () => {
    for (const namespace of itilNamespaces) {
      const { hard } = inputsOf("kubernetes:core/v1:ResourceQuota", `${namespace}-quota`).spec;
      const running = ["apps/v1:StatefulSet", "apps/v1:Deployment", "batch/v1:CronJob"].flatMap((type) =>
        ofType(`kubernetes:${type}`)
          // biome-ignore lint/suspicious/noExplicitAny: as above
          .map(({ inputs }) => inputs as any)
          .filter(({ metadata }) => metadata.namespace === namespace)
          .flatMap(({ spec }) => (spec.jobTemplate?.spec ?? spec).template.spec.containers),
      );
      for (const what of ["cpu", "memory"]) {
        const asked = running.reduce(
          (sum, { resources: { requests } }) => sum + (parseQuantity(requests[what]) ?? 0),
          0,
        );
        expect(asked).toBeLessThanOrEqual(parseQuantity(hard[`requests.${what}`]) ?? 0);
      }
      expect(running.length).toBeLessThanOrEqual(Number(hard.pods));
    }
  });

  test("have passwords and bucket keys in Secrets only (C5)", () => {
    const holders = resources.filter(
      ({ type, inputs, parent }) =>
        type.startsWith("kubernetes:") &&
        parent?.includes("lab:data:") === true &&
        JSON.stringify(inputs).includes("[secret]") &&
        type !== "kubernetes:core/v1:Secret",
    );
    expect(holders.map(({ name }) => name)).toEqual([]);
  });

  test("are protected (S12), and each has a backup job (D3)", () => {
    for (const [type, name] of [
      ["kubernetes:apps/v1:StatefulSet", "elasticsearch"],
      ["kubernetes:apps/v1:StatefulSet", "mongodb"],
      ["kubernetes:apps/v1:StatefulSet", "neo4j"],
      ["kubernetes:core/v1:PersistentVolumeClaim", "mongodb-data"],
      ["random:index/randomPassword:RandomPassword", "mongodb-admin"],
    ])
      expect(resources.find((each) => each.type === type && each.name === name)?.protect, name).toBe(true);
    expect(ofType("kubernetes:batch/v1:CronJob").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["elasticsearch-snapshot", "mongodb-dump", "neo4j-dump"]),
    );
  });

  test("receive the earlier generation's folder and the moment of a restore (B6)", async () => {
    const restored = await planOf({
      ...source,
      values: {
        ...source.values,
        backup: { ...(source.values.backup as object), generation: 2 },
        restore: { from: "daily-20261120012300", generation: 1 },
      },
    });
    const text = JSON.stringify(restored.filter(({ parent }) => parent?.includes("lab:data:")));
    expect(text).toContain('"bucket:reference-backup/homelab/1/mongodb"');
    expect(text).toContain('"bucket:reference-backup/homelab/1/neo4j"');
    expect(text).toContain(
      '\\"base_path\\":\\"homelab/1/elasticsearch\\",\\"client\\":\\"default\\",\\"readonly\\":true',
    );
    expect(text).toContain('"20261120T012300Z"');
    expect(text).toContain(`"${Date.parse("2026-11-20T01:23:00Z") / 1000}"`);
  });

  test("are absent in a lab without lab:data", async () => {
    const { data: _, ...values } = source.values;
    const without = await planOf({ ...source, values });
    expect(without.filter(({ type }) => type.startsWith("lab:data:"))).toEqual([]);
  });
});
