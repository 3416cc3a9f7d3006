import { expect, test } from "vitest";
import { changeSeconds, podTemplate, startSeconds, type Workload } from "./podTemplate.ts";

const small: Workload = {
  name: "kedb",
  image: "registry.lab.home.arpa/itil/kedb:1.4.2",
  replicas: 1,
  most: 1,
  port: 8000,
  health: "/health",
  memoryMiB: 256,
  cpuMillis: 50,
};
const learned: Workload = {
  ...small,
  name: "ai-service-desk",
  replicas: 2,
  most: 2,
  memoryMiB: 4096,
  models: { downloadGB: 8, roomGiB: 16 },
};
const containerOf = (workload: Workload, environment = {}, stores?: string) =>
  podTemplate(workload, environment, stores).spec.containers[0] ?? expect.fail("no container");

test("the pods of a service", () =>
  expect(
    podTemplate(small, { ELASTICSEARCH_URL: "http://search:9200" }, "kedb-stores"),
  ).toMatchInlineSnapshot(`
    {
      "metadata": {
        "labels": {
          "app": "kedb",
        },
      },
      "spec": {
        "automountServiceAccountToken": false,
        "containers": [
          {
            "env": [
              {
                "name": "HOME",
                "value": "/tmp",
              },
              {
                "name": "ELASTICSEARCH_URL",
                "value": "http://search:9200",
              },
            ],
            "envFrom": [
              {
                "secretRef": {
                  "name": "kedb-stores",
                },
              },
            ],
            "image": "registry.lab.home.arpa/itil/kedb:1.4.2",
            "lifecycle": {
              "preStop": {
                "sleep": {
                  "seconds": 5,
                },
              },
            },
            "livenessProbe": {
              "failureThreshold": 6,
              "httpGet": {
                "path": "/health",
                "port": "http",
              },
              "periodSeconds": 20,
              "timeoutSeconds": 5,
            },
            "name": "kedb",
            "ports": [
              {
                "containerPort": 8000,
                "name": "http",
              },
            ],
            "readinessProbe": {
              "httpGet": {
                "path": "/health",
                "port": "http",
              },
              "periodSeconds": 10,
              "timeoutSeconds": 5,
            },
            "resources": {
              "limits": {
                "memory": "512Mi",
              },
              "requests": {
                "cpu": "50m",
                "memory": "256Mi",
              },
            },
            "securityContext": {
              "allowPrivilegeEscalation": false,
              "capabilities": {
                "drop": [
                  "ALL",
                ],
              },
              "readOnlyRootFilesystem": true,
            },
            "startupProbe": {
              "failureThreshold": 18,
              "httpGet": {
                "path": "/health",
                "port": "http",
              },
              "periodSeconds": 10,
              "timeoutSeconds": 5,
            },
            "volumeMounts": [
              {
                "mountPath": "/tmp",
                "name": "tmp",
              },
            ],
          },
        ],
        "enableServiceLinks": false,
        "securityContext": {
          "fsGroup": 10001,
          "runAsGroup": 10001,
          "runAsNonRoot": true,
          "runAsUser": 10001,
          "seccompProfile": {
            "type": "RuntimeDefault",
          },
        },
        "serviceAccountName": "kedb-pods",
        "topologySpreadConstraints": [
          {
            "labelSelector": {
              "matchLabels": {
                "app": "kedb",
              },
            },
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
          },
        ],
        "volumes": [
          {
            "emptyDir": {
              "sizeLimit": "256Mi",
            },
            "name": "tmp",
          },
        ],
      },
    }
  `));

test("a probe may take as long at first as a pod may take to start, and no longer", () => {
  for (const workload of [small, learned]) {
    const { periodSeconds, failureThreshold } = containerOf(workload).startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(startSeconds(workload));
    expect(periodSeconds * (failureThreshold - 1)).toBeLessThan(startSeconds(workload));
  }
});

test("models have twice the time that they take at 100 Mbit/s, shared by all pods that download them (I4)", () => {
  expect(startSeconds(small)).toBe(180);
  // 2 pods × 8 GB × 8 bits = 128 Gbit, in 1280 s.
  expect(startSeconds(learned)).toBe(180 + 2 * 1280);
  expect(changeSeconds(learned)).toBe(900 + 2 * startSeconds(learned));
});

test("models lie in a cache that goes with its pod (S10), of a size that its node has promised and keeps to", () => {
  const { containers, volumes } = podTemplate(learned, {}, undefined).spec;
  expect(volumes).toContainEqual({ name: "models", emptyDir: { sizeLimit: "16Gi" } });
  expect(containers[0]).toMatchObject({
    env: expect.arrayContaining([{ name: "XDG_CACHE_HOME", value: "/models" }]),
    volumeMounts: expect.arrayContaining([{ name: "models", mountPath: "/models" }]),
    resources: {
      requests: { memory: "4096Mi", "ephemeral-storage": "16Gi" },
      // The kubelet counts logs and /tmp against it, beside the models.
      limits: { memory: "8192Mi", "ephemeral-storage": "17Gi" },
    },
  });
  expect(podTemplate(small, {}, undefined).spec.volumes.map(({ name }) => name)).toEqual(["tmp"]);
});

test("a service without secrets names none", () => expect(containerOf(small)).not.toHaveProperty("envFrom"));
