import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ItilService, itilNamespaces, itilServices } from "../../catalog/itil.ts";
import { plannedServices } from "../../config/itilPlan.ts";
import { Cluster, missing } from "../../guest/testing/storage/cluster.ts";
import { opened } from "../../plan/wire.ts";
import { labWith, make } from "./testing/platform.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
type Contents = Record<string, any>;

/** Kinds of the API's own that stand before any pod does. */
const first = ["Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Secret"];
const then = ["Service", "Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler"];

describe.skipIf(missing !== undefined)("the platform at a real Kubernetes API", () => {
  const names = itilServices.map(({ name }: ItilService) => name);
  const lab = labWith(names);
  let cluster: Cluster;
  const objects: Contents[] = [];
  const of = (kinds: readonly string[]) =>
    kinds.flatMap((kind) =>
      objects.filter(
        (object) =>
          object.kind === kind &&
          itilNamespaces.some((name) => name === (object.metadata.namespace ?? object.metadata.name)),
      ),
    );
  /** Makes objects, unknown fields refused; gives what the API says, its warnings too. */
  const apply = (items: readonly Contents[]) =>
    cluster.must(
      "k3s kubectl create --validate=strict -f - 2>&1",
      JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    );
  const podOf = (deployment: Contents, number: number): Contents => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...deployment.spec.template.metadata,
      namespace: deployment.metadata.namespace,
      name: `${deployment.metadata.name}-${number}`,
    },
    spec: structuredClone(deployment.spec.template.spec),
  });

  beforeAll(async () => {
    for (const { type, wireInputs } of await make(lab))
      if (type.startsWith("kubernetes:")) objects.push(opened(wireInputs) as Contents);
    cluster = await Cluster.start([]);
    await apply(of(first));
    // The controller that counts is not here: admission needs its figures to begin with.
    for (const { metadata, spec } of of(["ResourceQuota"])) {
      const used = Object.fromEntries(Object.keys(spec.hard).map((key) => [key, "0"]));
      const status = JSON.stringify({ status: { hard: spec.hard, used } });
      await cluster.must(
        `k3s kubectl -n ${metadata.namespace} patch resourcequota ${metadata.name} --subresource=status --type=merge -p '${status}'`,
      );
    }
  }, 900_000);
  afterAll(async () => await cluster?.stop());

  test("takes every object, and has nothing to say of any", async () => {
    const answer = await apply(of(then));
    expect(answer).not.toContain("Warning");
    expect(answer.trim().split("\n")).toHaveLength(of(then).length);
    expect(of(["Deployment"])).toHaveLength(names.length);
  });

  test("lets in as many pods of each service as it may grow to, and one more while they are replaced", async () => {
    const services = plannedServices(lab.config);
    for (const deployment of of(["Deployment"])) {
      const { name } = deployment.metadata;
      const most = services.find((service) => service.name === name)?.most ?? assert.fail(name);
      const pods = Array.from({ length: most + 1 }, (_, number) => podOf(deployment, number));
      expect(await apply(pods)).not.toContain("Warning");
    }
  });

  test.each<[string, (spec: Contents) => void, string]>([
    ["of root", (spec) => (spec.securityContext.runAsUser = 0), "runAsUser=0"],
    [
      "with every capability",
      (spec) => delete spec.containers[0].securityContext.capabilities,
      "unrestricted capabilities",
    ],
    [
      "with a directory of its node",
      (spec) => spec.volumes.push({ name: "node", hostPath: { path: "/var/lib" } }),
      "restricted volume types",
    ],
  ])("refuses a pod %s in the service desk's namespace", async (_, change, words) => {
    const deployment = of(["Deployment"]).find(({ metadata }) => metadata.name === "fulfillment-engine");
    const pod = podOf(deployment ?? assert.fail("no deployment"), 99);
    change(pod.spec);
    await expect(apply([pod])).rejects.toThrow(words);
  });
});
