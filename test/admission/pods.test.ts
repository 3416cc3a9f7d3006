import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "./kubernetesObject.ts";
import { controlledObjects } from "./pods.ts";

const template = {
  metadata: { labels: { app: "one" }, annotations: { of: "pods" } },
  spec: { containers: [{ name: "one", volumeMounts: [{ name: "data", mountPath: "/data" }] }] },
};
const object = (kind: string, spec: object, name = "one"): KubernetesObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "apps" },
  spec,
});

describe("the pod of a template", () => {
  test.each([
    ["Deployment", "one-0123456789-abcde"],
    ["DaemonSet", "one-abcde"],
    ["Job", "one-abcde"],
    ["StatefulSet", "one-0"],
  ])("has namespace, labels, annotations and specification of its %s", (kind, name) => {
    const pods = controlledObjects(object(kind, { template }));
    expect(pods).toHaveLength(1);
    expect(pods[0]).toMatchObject({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...template.metadata, namespace: "apps", name },
      spec: template.spec,
    });
  });

  test("has a name of at most 63 characters for a Deployment, however long the Deployment's name is", () => {
    const [pod] = controlledObjects(object("Deployment", { template }, "a".repeat(63)));
    expect(pod?.metadata.name).toBe(`${"a".repeat(58)}abcde`);
  });

  test("has a volume for each claim of its StatefulSet, and the labels that follow from its name", () => {
    const claims = [{ metadata: { name: "data" }, spec: {} }];
    const [pod] = controlledObjects(object("StatefulSet", { template, volumeClaimTemplates: claims }));
    expect(pod?.spec.volumes).toEqual([{ name: "data", persistentVolumeClaim: { claimName: "data-0" } }]);
    expect(pod?.metadata.labels).toMatchObject({ "statefulset.kubernetes.io/pod-name": "one-0" });
  });

  test("of a CronJob is returned together with the Job between them", () => {
    const [job, pod, ...more] = controlledObjects(object("CronJob", { jobTemplate: { spec: { template } } }));
    expect(job).toMatchObject({ kind: "Job", metadata: { name: "one-0123456789", namespace: "apps" } });
    expect(pod).toMatchObject({
      kind: "Pod",
      metadata: { labels: { app: "one", "job-name": "one-0123456789" } },
    });
    expect(more).toEqual([]);
  });
});

test.each(["Service", "Pod", "HTTPRoute"])("creates no pod from a %s", (kind) =>
  expect(controlledObjects(object(kind, {}))).toEqual([]),
);
