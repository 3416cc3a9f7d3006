import { expect, test } from "vitest";
import { podTemplate, rolloutSeconds, startSeconds, type Workload } from "./podTemplate.ts";

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
const withModels: Workload = {
  ...small,
  name: "ai-service-desk",
  replicas: 2,
  most: 2,
  memoryMiB: 4096,
  models: { downloadGB: 8, roomGiB: 16 },
};
const containerOf = (workload: Workload, environment = {}, stores?: string) =>
  podTemplate(workload, environment, stores).spec.containers[0] ?? expect.fail("no container");

test("writes the pod template of a service", () =>
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

test("gives the startup probe the time limit for the start of a pod", () => {
  for (const workload of [small, withModels]) {
    const { periodSeconds, failureThreshold } = containerOf(workload).startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(startSeconds(workload));
    expect(periodSeconds * (failureThreshold - 1)).toBeLessThan(startSeconds(workload));
  }
});

test("adds twice the download time of the models at 100 Mbit/s, shared by all pods (I4)", () => {
  expect(startSeconds(small)).toBe(180);
  // 2 pods × 8 GB × 8 bits = 128 Gbit, in 1280 s.
  expect(startSeconds(withModels)).toBe(180 + 2 * 1280);
  expect(rolloutSeconds(withModels)).toBe(900 + 2 * startSeconds(withModels));
});

test("stores models in an emptyDir (S10) whose size is in the pod's requests and limits", () => {
  const { containers, volumes } = podTemplate(withModels, {}, undefined).spec;
  expect(volumes).toContainEqual({ name: "models", emptyDir: { sizeLimit: "16Gi" } });
  expect(containers[0]).toMatchObject({
    env: expect.arrayContaining([{ name: "XDG_CACHE_HOME", value: "/models" }]),
    volumeMounts: expect.arrayContaining([{ name: "models", mountPath: "/models" }]),
    resources: {
      requests: { memory: "4096Mi", "ephemeral-storage": "16Gi" },
      // The limit includes logs and /tmp in addition to the models.
      limits: { memory: "8192Mi", "ephemeral-storage": "17Gi" },
    },
  });
  expect(podTemplate(small, {}, undefined).spec.volumes.map(({ name }) => name)).toEqual(["tmp"]);
});

test("has no envFrom without a Secret", () => expect(containerOf(small)).not.toHaveProperty("envFrom"));
