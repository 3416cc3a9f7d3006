import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ItilService, itilNamespaces, itilServices } from "../../catalog/itil.ts";
import { plannedServices } from "../../config/itilPlan.ts";
import { Cluster, missing } from "../../guest/testing/storage/cluster.ts";
import { opened } from "../../plan/wire.ts";
import { labWith, make } from "./testing/platform.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
type Contents = Record<string, any>;

/** Kinds of the API itself that are created before any pod. */
const first = ["Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Secret"];
const workloads = ["Service", "Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler"];

describe.skipIf(missing !== undefined)("the ITIL platform on a real Kubernetes API", () => {
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
  /** Creates objects with strict validation; returns the API server's output, warnings included. */
  const apply = (items: readonly Contents[]) =>
    cluster.run(
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
    // The quota controller does not run: admission needs its usage numbers.
    for (const { metadata, spec } of of(["ResourceQuota"])) {
      const used = Object.fromEntries(Object.keys(spec.hard).map((key) => [key, "0"]));
      const status = JSON.stringify({ status: { hard: spec.hard, used } });
      await cluster.run(
        `k3s kubectl -n ${metadata.namespace} patch resourcequota ${metadata.name} --subresource=status --type=merge -p '${status}'`,
      );
    }
  }, 900_000);
  afterAll(async () => await cluster?.stop());

  test("accepts every object without a warning", async () => {
    const answer = await apply(of(workloads));
    expect(answer).not.toContain("Warning");
    expect(answer.trim().split("\n")).toHaveLength(of(workloads).length);
    expect(of(["Deployment"])).toHaveLength(names.length);
  });

  test("admits the maximum number of pods of each service, plus one during an update", async () => {
    const services = plannedServices(lab.config);
    for (const deployment of of(["Deployment"])) {
      const { name } = deployment.metadata;
      const most = services.find((service) => service.name === name)?.most ?? assert.fail(name);
      const pods = Array.from({ length: most + 1 }, (_, number) => podOf(deployment, number));
      expect(await apply(pods)).not.toContain("Warning");
    }
  });

  test.each<[string, (spec: Contents) => void, string]>([
    ["that runs as root", (spec) => (spec.securityContext.runAsUser = 0), "runAsUser=0"],
    [
      "with every capability",
      (spec) => delete spec.containers[0].securityContext.capabilities,
      "unrestricted capabilities",
    ],
    [
      "with a hostPath volume",
      (spec) => spec.volumes.push({ name: "node", hostPath: { path: "/var/lib" } }),
      "restricted volume types",
    ],
  ])("rejects a pod %s in the namespace of the service desk", async (_, change, words) => {
    const deployment = of(["Deployment"]).find(({ metadata }) => metadata.name === "fulfillment-engine");
    const pod = podOf(deployment ?? assert.fail("no deployment"), 99);
    change(pod.spec);
    await expect(apply([pod])).rejects.toThrow(words);
  });
});
